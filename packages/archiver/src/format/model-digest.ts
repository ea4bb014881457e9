/** Tells whether two archives hold the same model, whenever and however they were packed. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join, posix } from 'node:path';
import type { Manifest } from './manifest.ts';
import { sha256 } from './verify-files.ts';

/** A model, unpacked. */
export interface ModelFiles {
  /** Folder with the files. */
  readonly modelDir: string;
  /** Digests of files that it has are not computed again. */
  readonly manifest: Pick<Manifest, 'model' | 'files'>;
  /** Which files the tensors of an ONNX model are in, as paths below its folder; may throw for one that is none. */
  readonly findExternalData: (modelPath: string) => string[] | Promise<string[]>;
}

/**
 * `sha256:` and that of the serialized file. Of an ONNX model with external data it is that of the lines of `sha256sum` for all
 * its files in the order of their names: `sha256sum model.onnx weights.bin | sha256sum`.
 * @returns undefined for a model without a serialized file, and for one that is not there
 */
export async function modelDigest({ modelDir, manifest, findExternalData }: ModelFiles): Promise<string | undefined> {
  const { serializedFile } = manifest.model;
  if (serializedFile === undefined) return undefined;
  try {
    const external = hasCompany(manifest) ? await externalData(join(modelDir, serializedFile), findExternalData) : [];
    const paths = [...new Set([serializedFile, ...external.map((path) => besides(serializedFile, path))])].sort();
    const digests = await Promise.all(paths.map((path) => digestOf(path, { modelDir, manifest })));
    const [only = ''] = digests;
    const lines = paths.map((path, index) => `${digests[index]}  ${path}\n`).join('');
    return `sha256:${paths.length === 1 ? only : createHash('sha256').update(lines).digest('hex')}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether there may be files with tensors beside the model. */
function hasCompany({ model, files }: ModelFiles['manifest']): boolean {
  if (!/\.onnx$/i.test(model.serializedFile ?? '')) return false;
  if (files === undefined) return true;
  const own = new Set([model.serializedFile, model.configFile, model.handler.split(':', 1)[0], model.requirementsFile]);
  return Object.keys(files).some((path) => !own.has(path) && !path.startsWith('MAR-INF/'));
}

/** One that is no ONNX model has none. */
async function externalData(
  modelPath: string,
  findExternalData: ModelFiles['findExternalData'],
): Promise<readonly string[]> {
  try {
    return await findExternalData(modelPath);
  } catch {
    return [];
  }
}

function besides(serializedFile: string, path: string): string {
  return posix.join(posix.dirname(serializedFile), path.replaceAll('\\', '/'));
}

async function digestOf(path: string, { modelDir, manifest }: Pick<ModelFiles, 'modelDir' | 'manifest'>) {
  return manifest.files?.[path]?.sha256 ?? (await sha256(createReadStream(join(modelDir, path))));
}
