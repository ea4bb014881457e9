/** What is said of a file that is not there. */
import { existsSync, readlinkSync } from 'node:fs';

/** @param origin the option that named it, as `--extra-files` */
export function missingFile(path: string, origin: string): string {
  if (existsSync(path)) return `Not a file: ${path} (${origin})`;
  const target = linkTarget(path);
  const link = target === undefined ? '' : `; it is a link to ${target}, which leads nowhere`;
  return `File does not exist: ${path} (${origin})${link}`;
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
