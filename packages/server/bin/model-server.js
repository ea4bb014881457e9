#!/usr/bin/env node
require('./bundle.js').runProgram('cli', 'cli');
