/** Core's model source: finds an archive, checks it, and unpacks it into a fresh folder of the work directory. */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  extractArchive,
  modelDigest,
  readGolden,
  readManifest,
  type ArchiveLimits,
  type Manifest,
  type MetaParsers,
} from '@marserve/archiver/format';
import type { WorkflowParsers } from '@marserve/archiver/workflow';
import { ServeError, messageOf } from '../core/errors.ts';
import type { ModelDefaults, ModelSource, RemoveOptions, UnpackedModel } from '../core/registry/model-source.ts';
import { createArchiveList } from './archive-list.ts';
import { archiveServeError } from './archive-serve-error.ts';
import { bareManifest } from './bare-model.ts';
import { builtInManifest } from './built-in-model.ts';
import { packSource } from './pack-source.ts';
import { createRestorer } from './restore-files.ts';
import { unpackBareModel, type BareLimits } from './unpack-bare-model.ts';
import { locateArchive, type ArchiveLocations, type LocatedArchive } from './locate-archive.ts';
import { extractWorkflowModel, readWorkflowModel } from './workflow-archive.ts';

/** Where archives are found and unpacked, and how far they are believed. */
export interface ModelStoreOptions extends Omit<ArchiveLocations, 'signals' | 'reusesDownload' | 'version'> {
  /** Where archives of workflows are found, in place of `directory`. */
  readonly workflowDirectory: string;
  /** Folder that unpacked models are put in. */
  readonly unpackDirectory: string;
  /** Makes it where it is gone. */
  readonly ensureDirectory: () => Promise<void>;
  /** What an archive may hold; the archive format's own defaults for those left out. */
  readonly limits: Partial<ArchiveLimits>;
  /** Makes the packages that handlers import resolvable in the folders below. */
  readonly linkPackages: (parentDirectory: string) => Promise<unknown>;
  /** Whether files are compared with the digests in the manifest, where it has some. */
  readonly verifiesDigests: boolean;
  /** Read the archive's own JSON files. */
  readonly parsers: MetaParsers;
  /** Read manifest and spec of the archive of a workflow. */
  readonly workflowParsers: WorkflowParsers;
  /** Reads the model's YAML file; `json`: all of it. @throws Error that says what is wrong with it */
  readonly parseModelConfig: (text: string, fileName: string, given: GivenConfig) => Promise<ReadModelConfig>;
  /** See `BareLimits`. */
  readonly findExternalData: BareLimits['findExternalData'];
}

type ConfigKeys = Readonly<Record<string, unknown>>;

interface GivenConfig {
  /** Its own, or that of the registration. */
  readonly handler: string;
  /** In place of the file's keys. */
  readonly over: ConfigKeys | undefined;
}

interface ReadModelConfig {
  readonly settings: ModelDefaults;
  readonly routes: UnpackedModel['routes'];
  readonly explains?: UnpackedModel['explains'];
  readonly needs: UnpackedModel['needs'];
  readonly json: string;
  readonly warnings: readonly string[];
}

const MAX_CONFIG_BYTES = 2 ** 20;

/** Every failure of it is a ServeError with a code of its own, and leaves nothing on the disk. */
export function createModelStore(options: ModelStoreOptions): ModelSource {
  return {
    list: createArchiveList(options),
    async open(url, { admit, handler, signal, fetchSignal, reusesDownload, version, config }) {
      const signals = fetchSignal === undefined ? [signal] : [signal, fetchSignal];
      // Its registration says what is run: an archive of a workflow that is registered without is refused.
      const isWorkflow = config?.['workflow'] !== undefined;
      const directory = isWorkflow ? options.workflowDirectory : options.directory;
      const located = await locateArchive(url, { ...options, directory, signals, reusesDownload, version });
      const archive = { ...located, isWorkflow: isWorkflow && located.builtIn === undefined };
      const modelDir = path.join(options.unpackDirectory, randomUUID());
      const remove = (how: RemoveOptions = {}) => removeFiles(archive, modelDir, how);
      try {
        const manifest = manifestOf(archive) ?? (await manifestIn(archive, signal, options));
        admit(manifest);
        const verifies = options.verifiesDigests && manifest.files !== undefined;
        return await unpack({ url, archive, handler, config, modelDir, remove, signal, verifies }, options);
      } catch (error) {
        await remove({ keepsDownload: reusesDownload });
        throw archiveServeError(error);
      }
    },
  };
}

/** Undefined for an archive, which has one of its own. */
function manifestOf({ bare, builtIn }: LocatedArchive): Manifest | undefined {
  if (builtIn !== undefined) return builtInManifest(builtIn);
  return bare && bareManifest(bare);
}

/** An archive, and whether it is that of a workflow. */
interface FoundArchive extends LocatedArchive {
  readonly isWorkflow: boolean;
}

async function manifestIn(
  { path: file, isWorkflow }: FoundArchive,
  signal: AbortSignal | undefined,
  { limits, parsers, workflowParsers }: ModelStoreOptions,
): Promise<Manifest> {
  const reading = { ...limits, ...(signal && { signal }) };
  return isWorkflow
    ? readWorkflowModel(file, { ...reading, parsers: workflowParsers })
    : readManifest(file, { ...reading, parsers });
}

interface Unpacking extends Pick<UnpackedModel, 'url' | 'modelDir' | 'remove'>, Extraction {
  readonly archive: FoundArchive;
  /** In place of the manifest's. */
  readonly handler: string | undefined;
  readonly config: ConfigKeys | undefined;
}

async function unpack(unpacking: Unpacking, options: ModelStoreOptions): Promise<UnpackedModel> {
  const { url, archive, modelDir, remove } = unpacking;
  const mtimeMs = await modifiedMs(archive);
  const { manifest: unpacked, ignored } = await extract(archive, unpacking, options);
  const { files: _digests, ...manifest } = unpacked;
  const { config: over, handler = manifest.model.handler } = unpacking;
  const config = await readModelConfig({ manifest, modelDir, given: { handler, over } }, options);
  const downloadedAs = archive.isDownloaded ? path.basename(archive.path) : undefined;
  const digest = await modelDigest({
    modelDir,
    manifest: unpacked,
    findExternalData: async (file) => options.findExternalData(file, (await stat(file)).size),
  });
  const golden = (await readGolden(modelDir, url, options.parsers)) ?? [];
  const restoreFiles = await createRestorer({
    modelDir,
    links: path.join(options.unpackDirectory, 'node_modules'),
    archive: archive.path,
    async unpackAgain(folder) {
      const { manifest: again } = await extract(archive, { modelDir: folder, verifies: unpacking.verifies }, options);
      // With digests, the manifest tells archives apart; without, their times do.
      const isSame =
        unpacked.files === undefined ? (await modifiedMs(archive)) === mtimeMs : isDeepStrictEqual(again, unpacked);
      if (!isSame) throw new ServeError('invalid_archive', `${archive.path} is not the archive that was registered`);
    },
  });
  return {
    manifest,
    digest,
    modelConfig: config.json,
    defaults: config.settings,
    routes: config.routes,
    explains: config.explains,
    needs: config.needs,
    warnings: [...config.warnings, ...ignored.map((file) => `${file} is not read: ${IGNORED}`)],
    modelDir,
    url,
    modifiedMs: mtimeMs,
    golden,
    downloadedAs,
    restoreFiles,
    remove,
  };
}

/** A built-in handler never changes. */
async function modifiedMs({ path: file, bare, builtIn }: LocatedArchive): Promise<number> {
  return builtIn === undefined ? (await stat(bare?.file ?? file)).mtimeMs : STARTED_MS;
}

const STARTED_MS = Math.round(performance.timeOrigin);

const IGNORED = 'of a model that is no archive there is only its ONNX file. Make an archive of it with model-archiver';

interface Extraction {
  /** Folder that the files are put in. */
  readonly modelDir: string;
  readonly signal?: AbortSignal;
  readonly verifies: boolean;
}

interface Extracted {
  readonly manifest: Manifest;
  /** See `UnpackedBareModel`. */
  readonly ignored: readonly string[];
}

async function extract(
  { path: archive, bare, builtIn, isWorkflow, mayRead }: FoundArchive,
  { modelDir, signal, verifies }: Extraction,
  options: ModelStoreOptions,
): Promise<Extracted> {
  const { limits, parsers, workflowParsers } = options;
  await options.ensureDirectory();
  await mkdir(modelDir);
  // Each time: who tidies up temporary folders may have taken the links away.
  await options.linkPackages(options.unpackDirectory);
  if (builtIn !== undefined) return { manifest: builtInManifest(builtIn), ignored: [] };
  if (bare?.handler !== undefined)
    return { manifest: await packSource({ ...bare, handler: bare.handler }, modelDir), ignored: [] };
  if (bare !== undefined) return unpackBareModel(bare, modelDir, { ...options, mayRead });
  const reading = { ...limits, verifies, ...(signal && { signal }) };
  const manifest = isWorkflow
    ? await extractWorkflowModel(archive, modelDir, { ...reading, parsers: workflowParsers })
    : await extractArchive(archive, modelDir, { ...reading, parsers });
  return { manifest, ignored: [] };
}

interface ConfigSource {
  readonly manifest: Manifest;
  readonly modelDir: string;
  readonly given: GivenConfig;
}

async function readModelConfig(
  { manifest, modelDir, given }: ConfigSource,
  { parseModelConfig }: ModelStoreOptions,
): Promise<ReadModelConfig> {
  const { configFile } = manifest.model;
  if (configFile === undefined && given.over === undefined) {
    return { settings: {}, routes: [], needs: [], json: '{}', warnings: [] };
  }
  const name = configFile ?? 'of the registration';
  try {
    const text = configFile === undefined ? '' : await readSmallFile(path.join(modelDir, configFile));
    return await parseModelConfig(text, name, given);
  } catch (error) {
    throw new ServeError('invalid_archive', `The model config ${name} is not valid: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function readSmallFile(file: string): Promise<string> {
  const { size } = await stat(file);
  const advice = 'Put what is that long into a file of its own, which the handler reads.';
  if (size > MAX_CONFIG_BYTES) throw new Error(`it has ${size} bytes, more than ${MAX_CONFIG_BYTES}. ${advice}`);
  return readFile(file, 'utf8');
}

async function removeFiles(archive: LocatedArchive, modelDir: string, { keepsDownload }: RemoveOptions): Promise<void> {
  await rm(modelDir, { recursive: true, force: true });
  if (archive.isDownloaded && !keepsDownload) await rm(archive.path, { force: true });
  if (archive.partial !== undefined) await rm(archive.partial, { force: true });
}
