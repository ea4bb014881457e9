/** For tests that share a process: the next file finds it in the folder that this one found it in. */
import { afterAll } from 'vitest';

const folder = process.cwd();
afterAll(() => process.chdir(folder));
