import { runProgram } from './bundle.js';

await runProgram('thread', 'threads/main');
