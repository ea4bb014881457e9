import { runProgram } from './bundle.js';

await runProgram('worker', 'worker/process/main');
