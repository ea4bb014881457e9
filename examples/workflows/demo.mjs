#!/usr/bin/env node
/** Runs the commands of README.md, and compares what they answer with what it says. */
import { runReadme } from '../run-readme.mjs';

await runReadme(import.meta.dirname);
