/** Makes of an ONNX file what an archive of it would unpack to: the model, its external data, and a manifest with their digests. */
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, realpath, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MANIFEST_PATH, sha256, type ArchiveLimits, type Manifest } from '@marserve/archiver/format';
import { ServeError, messageOf } from '../core/errors.ts';
import { bareManifest, type BareModel } from './bare-model.ts';

/** How far a file is believed. */
export interface BareLimits {
  /** Most bytes together. */
  readonly limits: Partial<Pick<ArchiveLimits, 'maxTotalBytes'>>;
  /** Which files the tensors of a model are in, as paths below its folder. @param bytes of the model */
  readonly findExternalData: (modelPath: string, bytes: number) => Promise<string[]>;
  /** Whether a file beside the model may be read; given without links. */
  readonly mayRead: (file: string) => boolean;
}

/** What was made of it. */
export interface UnpackedBareModel {
  /** With the digests of all files. */
  readonly manifest: Manifest;
  /** Files and folders beside the model that are not read, where it has a folder of its own. */
  readonly ignored: readonly string[];
}

/**
 * @param destination an empty folder
 * @throws ServeError `invalid_archive` that names the file and what is wrong with it, `storage_failed`
 */
export async function unpackBareModel(
  model: BareModel,
  destination: string,
  limits: BareLimits,
): Promise<UnpackedBareModel> {
  const folder = path.dirname(model.file);
  const paths = [path.basename(model.file), ...(await externalData(model, limits))];
  await assertSize(model, paths, limits);
  const files: Record<string, { size: number; sha256: string }> = {};
  try {
    for (const name of paths) files[name] = await copy(path.join(folder, name), path.join(destination, name));
    const manifest = { ...bareManifest(model), files };
    await mkdir(path.join(destination, path.dirname(MANIFEST_PATH)), { recursive: true });
    await writeFile(path.join(destination, MANIFEST_PATH), `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx' });
    return { manifest, ignored: await listIgnored(model, paths) };
  } catch (error) {
    const problem = `${model.file} could not be copied into the work directory: ${messageOf(error)}`;
    throw new ServeError('storage_failed', problem, { cause: error });
  }
}

/** Where they are is said by the model, which a stranger may have made. */
async function externalData(model: BareModel, limits: BareLimits): Promise<string[]> {
  const found = await sizeOf(model.file)
    .then((bytes) => limits.findExternalData(model.file, bytes))
    .catch(asInvalid);
  const names = [...new Set(found.map((name) => path.normalize(name)))];
  for (const name of names) {
    const file = await realpath(path.join(path.dirname(model.file), name)).catch(() => undefined);
    const problem =
      file === undefined ? 'which is not there' : limits.mayRead(file) ? undefined : 'which may not be read from here';
    if (problem === undefined) continue;
    const advice = 'Put the file beside the model, or make an archive of both with model-archiver.';
    const subject = `${model.file} has external data in ${JSON.stringify(name)}`;
    throw new ServeError('invalid_archive', `${subject}, ${problem}. ${advice}`);
  }
  return names;

  function asInvalid(error: unknown): never {
    throw new ServeError('invalid_archive', `${model.file}: ${messageOf(error)}`, { cause: error });
  }
}

async function assertSize({ file }: BareModel, paths: readonly string[], { limits }: BareLimits): Promise<void> {
  const { maxTotalBytes = Infinity } = limits;
  const sizes = await Promise.all(paths.map((name) => sizeOf(path.join(path.dirname(file), name))));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total <= maxTotalBytes) return;
  throw new ServeError(
    'invalid_archive',
    `${file} is too large: expected at most ${maxTotalBytes} bytes, came ${total}.`,
  );
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file)).size;
}

/** A copy of its own: whoever writes into one must not change the model. */
async function copy(file: string, target: string): Promise<{ readonly size: number; readonly sha256: string }> {
  await mkdir(path.dirname(target), { recursive: true });
  await copyFile(file, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await chmod(target, 0o644);
  return { size: await sizeOf(target), sha256: await sha256(createReadStream(target)) };
}

async function listIgnored({ file, versions }: BareModel, paths: readonly string[]): Promise<string[]> {
  if (versions === undefined) return [];
  const folder = path.dirname(file);
  const used = new Set(paths.map((name) => name.split(path.sep)[0]));
  const beside = folder === versions ? [] : (await readdir(folder)).filter((name) => !used.has(name));
  const above = (await readdir(versions)).filter((name) => !/^\d+(\.onnx)?$/i.test(name) && !used.has(name));
  return [...beside.map((name) => path.join(folder, name)), ...above.map((name) => path.join(versions, name))].sort();
}
