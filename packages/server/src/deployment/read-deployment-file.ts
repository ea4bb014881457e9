/** Reads a file of services, or finds that it is an archive. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DeploymentFile } from './deployments.ts';
import { isWorkflowArchive } from './workflows/is-workflow-archive.ts';

/** Files are some kilobytes; beyond this they are none. */
export const MOST_DEPLOYMENT_BYTES = 2 ** 20;

/** @throws Error that names the file */
export async function readDeploymentFile(file: string): Promise<DeploymentFile> {
  const { size } = await stat(file);
  if (isWorkflowArchive(file)) return { archive: path.resolve(file), name: path.basename(file) };
  if (size > MOST_DEPLOYMENT_BYTES)
    throw new Error(`${file}: expected at most ${MOST_DEPLOYMENT_BYTES} bytes, came ${size}`);
  return { text: await readFile(file, 'utf8'), name: path.basename(file) };
}
