/** How a process is told to record its profile. */
import { pathToFileURL } from 'node:url';
import { program } from '../paths.ts';

/** Name of the variable that names the folder. */
export const PROFILE_FOLDER = 'NODE_BENCH_PROFILE';

/** For the environment of a process; its children do the same. */
export function profileEnvironment(folder: string): Record<string, string> {
  return {
    [PROFILE_FOLDER]: folder,
    NODE_OPTIONS: `--import=${pathToFileURL(program('profile/preload.js')).href}`,
  };
}
