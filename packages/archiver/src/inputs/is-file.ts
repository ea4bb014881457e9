/** Whether a path leads to a file. */
import { existsSync, statSync } from 'node:fs';

/** False for directories, and where nothing is. */
export function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
