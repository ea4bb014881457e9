/** Reads a file of services. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DeploymentFile } from './deployments.ts';

/** Files are some kilobytes; beyond this they are none. */
export const MOST_DEPLOYMENT_BYTES = 2 ** 20;

/** @throws Error that names the file */
export async function readDeploymentFile(file: string): Promise<DeploymentFile> {
  const { size } = await stat(file);
  if (size > MOST_DEPLOYMENT_BYTES)
    throw new Error(`${file}: expected at most ${MOST_DEPLOYMENT_BYTES} bytes, came ${size}`);
  return { text: await readFile(file, 'utf8'), name: path.basename(file) };
}
