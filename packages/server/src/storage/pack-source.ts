/** Makes of a handler's source, and of its model where it has one, what an archive of both would unpack to: with model-archiver itself. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { MANIFEST_PATH, type Manifest } from '@marserve/archiver/format';
import { ServeError } from '../core/errors.ts';
import type { BareModel } from './bare-model.ts';

/** More than it prints. */
const MOST_OUTPUT_BYTES = 2 ** 20;

/**
 * In a process of its own: the bundler has one anyway, and needs its memory only now.
 * @param destination an empty folder
 * @throws ServeError `invalid_archive` with what model-archiver says: of what cannot be bundled, file and line
 */
export async function packSource(
  model: BareModel & Required<Pick<BareModel, 'handler'>>,
  destination: string,
): Promise<Manifest> {
  const folder = await mkdtemp(path.join(path.dirname(destination), '.packaging-'));
  try {
    await runArchiver(model, folder);
    await rename(path.join(folder, model.name), destination);
    return JSON.parse(await readFile(path.join(destination, MANIFEST_PATH), 'utf8')) as Manifest;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runArchiver({ name, version, file, handler }: BareModel, folder: string): Promise<void> {
  const args = ['--model-name', name, '--version', version, '--handler', handler ?? '', '--export-path', folder];
  if (file !== handler) args.push('--serialized-file', file);
  const command = [archiver(), ...args, '--archive-format', 'no-archive'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, command, { maxBuffer: MOST_OUTPUT_BYTES }, (error, _stdout, stderr) => {
      if (error === null) return resolve();
      const problem = stderr.trim() === '' ? error.message : stderr.trim();
      reject(
        new ServeError('invalid_archive', `${handler} is no handler that can be served: ${problem}`, { cause: error }),
      );
    });
  });
}

function archiver(): string {
  const main = createRequire(import.meta.url).resolve('@marserve/archiver');
  return path.join(path.dirname(main), '../bin/model-archiver.js');
}
