/** The predictor that a transformer is made for, as options name it. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { findExternalData } from '@marserve/handlers/external-data';
import { extractArchive } from '../format/extract-archive.ts';
import { modelDigest } from '../format/model-digest.ts';
import { DIGEST_PATTERN, modelNameProblem, modelVersionProblem, type Manifest } from '../format/manifest.ts';
import type { PackageOptions } from '../package-options.ts';
import { PackagingError } from '../packaging-error.ts';
import { missingFile } from './missing-file.ts';

type NamedPredictor = NonNullable<Manifest['predictor']>;

/**
 * For the manifest: what `predictor` and `predictorDigest` say, and what is in `predictorModel`.
 * @returns undefined where no option names one
 * @throws PackagingError for one that cannot be, and for options that contradict each other
 */
export async function namedPredictor(options: PackageOptions): Promise<NamedPredictor | undefined> {
  const named = options.predictor === undefined ? {} : parseName(options.predictor);
  const digest = options.predictorDigest === undefined ? undefined : parseDigest(options.predictorDigest);
  const found = options.predictorModel === undefined ? {} : await readModel(options.predictorModel);
  refuseContradiction('--predictor-digest', digest, found.digest);
  refuseContradiction('the version in --predictor', named.version, found.version);
  const predictor = {
    name: named.name ?? found.name,
    version: named.version ?? found.version,
    digest: digest ?? found.digest,
  };
  return Object.values(predictor).every((value) => value === undefined) ? undefined : predictor;
}

/** `price`, or `price@1.0`. */
function parseName(text: string): NamedPredictor {
  const [name = '', ...rest] = text.split('@');
  const version = rest.length === 0 ? undefined : rest.join('@');
  const problem = modelNameProblem(name) ?? (version === undefined ? undefined : modelVersionProblem(version));
  if (problem === undefined) return { name, version };
  throw new PackagingError('invalid_option', `--predictor ${text}: expected NAME or NAME@VERSION: ${problem}`);
}

function parseDigest(text: string): string {
  const digest = `sha256:${text.toLowerCase().replace(/^sha256:/, '')}`;
  if (DIGEST_PATTERN.test(digest)) return digest;
  const expected = 'expected "sha256:" and 64 hexadecimal digits, as describe and sha256sum show them';
  throw new PackagingError('invalid_option', `--predictor-digest ${text}: ${expected}`);
}

/** Of an archive also its name and version. */
async function readModel(file: string): Promise<NamedPredictor> {
  if (!existsSync(file)) throw new PackagingError('missing_file', missingFile(file, '--predictor-model'));
  const predictor = /\.onnx$/i.test(file) ? { digest: await digestOfFile(file) } : await readArchive(file);
  if (predictor.digest !== undefined) return predictor;
  const advice = 'Name it by its version, with --predictor NAME@VERSION.';
  throw new PackagingError('invalid_option', `--predictor-model ${file} has no serialized file. ${advice}`);
}

function digestOfFile(file: string): Promise<string | undefined> {
  const model = { modelName: 'predictor', modelVersion: '1.0', handler: '', serializedFile: basename(file) };
  return modelDigest({ modelDir: dirname(resolve(file)), manifest: { model }, findExternalData });
}

async function readArchive(file: string): Promise<NamedPredictor> {
  const modelDir = await mkdtemp(join(tmpdir(), 'model-archiver-predictor-'));
  try {
    const manifest = await extractArchive(file, modelDir, { maxTotalBytes: Infinity, maxRatio: Infinity });
    const { modelName: name, modelVersion: version } = manifest.model;
    return { name, version, digest: await modelDigest({ modelDir, manifest, findExternalData }) };
  } finally {
    await rm(modelDir, { recursive: true, force: true });
  }
}

function refuseContradiction(option: string, given: string | undefined, found: string | undefined): void {
  if (given === undefined || found === undefined || given === found) return;
  throw new PackagingError('invalid_option', `${option} says ${given}, but the model in --predictor-model is ${found}`);
}
