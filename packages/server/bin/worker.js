require('./bundle.js').runProgram('worker', 'worker/process/main');
