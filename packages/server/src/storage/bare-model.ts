/**
 * Models that are no archives: ONNX files, alone, or in a folder of versions as Triton and TensorFlow Serving have it; and source files
 * of handlers that need no model, such as transformers.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { MANIFEST_PATH, type Manifest } from '@marserve/archiver/format';
import { compareVersions } from '../core/registry/compare-versions.ts';

/** A file that is served as it is. */
export interface BareModel {
  /** Absolute path of the ONNX file; of the handler, where that is all. */
  readonly file: string;
  /** Of the file or the folder of versions, with `_` for characters that no name has. */
  readonly name: string;
  /** That of its folder; 1 for a file without one. */
  readonly version: string;
  /** Absolute path of the folder of versions; undefined for a file without one. */
  readonly versions?: string;
  /** Absolute path of the source file of its handler; undefined for `base_handler`. */
  readonly handler?: string;
}

const VERSION = /^(?:0|[1-9]\d*)$/;
const ONNX = /\.onnx$/i;
/** What Triton calls it; elsewhere it is the only one of its folder. */
const USUAL_FILE = 'model.onnx';

/**
 * What lies at a path, where that is no archive: `x.onnx`; `m/3`, which may be the file `m/3.onnx`; or `m`, whose newest version it
 * is, unless another is asked for.
 * @returns undefined for anything else, such as an archive
 */
export async function findBareModel(place: string, version?: string): Promise<BareModel | undefined> {
  const facts = await stat(place).catch(() => undefined);
  if (facts?.isFile() === true) return ONNX.test(place) ? alone(place) : undefined;
  const own = await versionAt(place);
  if (own !== undefined) return own;
  if (facts?.isDirectory() !== true) return undefined;
  const [newest] = await listVersions(place);
  const wanted = version ?? newest;
  return newest === undefined || wanted === undefined ? undefined : versionAt(path.join(place, wanted));
}

/** The versions in a folder, the newest first; none in an archive that is a folder. */
export async function listVersions(folder: string): Promise<string[]> {
  const isArchive = await stat(path.join(folder, MANIFEST_PATH)).catch(() => undefined);
  if (isArchive !== undefined) return [];
  const names = await readdir(folder).catch(() => []);
  const numbers = new Set(names.map((name) => name.replace(ONNX, '')).filter((name) => VERSION.test(name)));
  const found: string[] = [];
  for (const version of numbers) {
    if ((await versionAt(path.join(folder, version))) !== undefined) found.push(version);
  }
  return found.sort((one, other) => compareVersions(other, one));
}

/** What its manifest would say. */
export function bareManifest({ file, name, version, handler }: BareModel): Manifest {
  const model = {
    modelName: name,
    modelVersion: version,
    handler: handler === undefined ? 'base_handler' : path.basename(handler),
    ...(file !== handler && { serializedFile: path.basename(file) }),
  };
  return { runtime: 'node', model };
}

/** A handler without a model. */
export function bareHandler(file: string): BareModel {
  return { file, name: nameOf(path.parse(file).name), version: '1', handler: file };
}

function alone(file: string): BareModel {
  return { file, name: nameOf(path.basename(file).replace(ONNX, '')), version: '1' };
}

/** The folder of a version, or the file of its name. */
async function versionAt(place: string): Promise<BareModel | undefined> {
  const versions = path.dirname(place);
  const file = VERSION.test(path.basename(place)) ? await fileOf(place) : undefined;
  if (file === undefined) return undefined;
  return { file, name: nameOf(path.basename(versions)), version: path.basename(place), versions };
}

async function fileOf(place: string): Promise<string | undefined> {
  const files = (await readdir(place).catch(() => [])).filter((name) => ONNX.test(name));
  const inFolder = files.includes(USUAL_FILE) ? USUAL_FILE : files.length === 1 ? files[0] : undefined;
  const file = inFolder === undefined ? `${place}.onnx` : path.join(place, inFolder);
  const facts = await stat(file).catch(() => undefined);
  if (facts?.isDirectory() === true) return fileOf(file);
  return facts?.isFile() === true ? file : undefined;
}

function nameOf(text: string): string {
  return text.replaceAll(/[^\w.-]/g, '_').replace(/^[^A-Za-z0-9]+/, '') || 'model';
}
