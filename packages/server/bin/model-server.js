#!/usr/bin/env node
import { runProgram } from './bundle.js';

await runProgram('cli', 'cli');
