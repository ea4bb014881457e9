// It is in the same file as the daemon, and begins with what was compiled of that.
process.argv.push('--as-front-end');
require('./bundle.js').runProgram('cli', 'cli');
