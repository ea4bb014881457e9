require('./bundle.js').runProgram('thread', 'threads/main');
