/** Core's model source: finds an archive, checks it, and unpacks it into a fresh folder of the work directory. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  ArchiveError,
  extractArchive,
  readManifest,
  type ArchiveLimits,
  type Manifest,
} from '@marserve/archiver/format';
import { ServeError, messageOf, toServeError, type ErrorCode } from '../core/errors.ts';
import type { ModelDefaults, ModelSource, UnpackedModel } from '../core/model-source.ts';
import { locateArchive, type ArchiveLocations, type LocatedArchive } from './locate-archive.ts';

export interface ModelStoreOptions extends ArchiveLocations {
  /** Folder that unpacked models are put in. */
  readonly unpackDirectory: string;
  readonly limits: Partial<ArchiveLimits>;
  /** Reads the model's YAML file. @throws Error that says what is wrong with it */
  readonly parseModelConfig: (
    text: string,
    fileName: string,
  ) => { settings: ModelDefaults; raw: Record<string, unknown> };
}

export function createModelStore(options: ModelStoreOptions): ModelSource {
  return {
    async open(url, admit) {
      const archive = await locateArchive(url, options);
      const modelDir = path.join(options.unpackDirectory, randomUUID());
      const remove = () => removeFiles(archive, modelDir);
      try {
        admit(await readManifest(archive.path));
        return await unpack({ url, archive, modelDir, remove }, options);
      } catch (error) {
        await remove();
        throw asServeError(error);
      }
    },
  };
}

interface Unpacking extends Pick<UnpackedModel, 'url' | 'modelDir' | 'remove'> {
  readonly archive: LocatedArchive;
}

async function unpack(
  { url, archive, modelDir, remove }: Unpacking,
  options: ModelStoreOptions,
): Promise<UnpackedModel> {
  await mkdir(modelDir, { recursive: true });
  const manifest = await extractArchive(archive.path, modelDir, options.limits);
  const { settings, raw } = await readModelConfig(manifest, modelDir, options);
  return { manifest, modelConfig: raw, defaults: settings, modelDir, url, remove };
}

async function readModelConfig(manifest: Manifest, modelDir: string, { parseModelConfig }: ModelStoreOptions) {
  const { configFile } = manifest.model;
  if (configFile === undefined) return { settings: {}, raw: {} };
  try {
    return parseModelConfig(await readFile(path.join(modelDir, path.basename(configFile)), 'utf8'), configFile);
  } catch (error) {
    throw new ServeError('invalid_archive', `The model config ${configFile} is not valid: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function removeFiles(archive: LocatedArchive, modelDir: string): Promise<void> {
  await rm(modelDir, { recursive: true, force: true });
  if (archive.isDownloaded) await rm(archive.path, { force: true });
}

function asServeError(error: unknown): ServeError {
  if (!(error instanceof ArchiveError)) return toServeError(error);
  return new ServeError(codeOf(error), error.message, { cause: error });
}

function codeOf({ code }: ArchiveError): ErrorCode {
  if (code === 'not_found') return 'archive_not_found';
  return code === 'write_failed' ? 'storage_failed' : 'invalid_archive';
}
