/** What a start is to load: what an earlier daemon wrote down, and what `load_models` names. */
import path from 'node:path';
import type { ServerConfig } from './config/schema.ts';
import { findNewest, removeUnfinished, type FoundSnapshot } from './config/snapshots/snapshot-folder.ts';
import { messageOf } from './core/errors.ts';
import type { Logger } from './core/logger.ts';
import type { VersionSnapshot } from './core/registry/registry-snapshot.ts';
import type { StartupModel } from './core/registry/startup-status.ts';
import { redactSecrets } from './core/redact-secrets.ts';
import { listVersions } from './storage/bare-model.ts';
import { listArchives } from './storage/locate-archive.ts';
import { removeAbandoned } from './storage/partial-file.ts';

/** What there is to load. */
export interface StartupPlan {
  /** What `load_models` stands for: archives, each as `archive` or `name=archive`. */
  readonly named: readonly string[];
  /** What it stood for when the snapshot was written. */
  readonly namedBefore: readonly string[];
  /** The versions of the snapshot, and what is named for the first time; in the order in which they are loaded. */
  readonly models: readonly PlannedModel[];
  /** The snapshot, when there is one. */
  readonly found?: FoundSnapshot;
}

/** A version of the snapshot, or an item of `load_models`. */
export interface PlannedModel extends StartupModel {
  /** As `load_models` has it; undefined for a version of the snapshot. */
  readonly item?: string;
  /** The file of services that it stands for. */
  readonly file?: string;
  /** The version as it was written down; undefined for an item of `load_models`. */
  readonly restored?: VersionSnapshot;
}

/**
 * Looks for a snapshot: in the configuration, else in the folder; and tidies up after a daemon that was killed.
 * @param folder of snapshots; undefined when there are to be none
 */
export async function planStartup(
  config: ServerConfig,
  folder: string | undefined,
  logger: Logger,
): Promise<StartupPlan> {
  const named = await namedArchives(config);
  const { modelSnapshot: snapshot } = config;
  const found = snapshot ? { file: 'model_snapshot', snapshot } : await findIn(folder, logger);
  const downloads = new Set(found?.snapshot.versions.map(({ downloadedAs }) => downloadedAs));
  try {
    if (folder !== undefined) await removeUnfinished(folder);
    await removeAbandoned(config.modelStore, (archive) => folder === undefined || downloads.has(archive));
  } catch (error) {
    logger.warn('what an earlier server has left could not be deleted', { reason: messageOf(error) });
  }
  const namedBefore = found?.snapshot.loadedArchives ?? [];
  const files = (config.apply ?? []).map((file) => ({ url: file, label: file, file }));
  return { named, namedBefore, models: [...restoredModels(found), ...newModels(named, namedBefore), ...files], found };
}

async function namedArchives(config: ServerConfig): Promise<string[]> {
  const { handler, loadModels, modelName, modelStore, modelPath } = config;
  const one = modelPath === undefined ? [] : [`${modelName ?? NAMELESS}=${modelPath}`];
  if (handler !== undefined && isAlone(config)) return [`${modelName ?? NAMELESS_HANDLER}=${handler}`];
  if (loadModels === undefined) return one;
  const word = loadModels.trim().toLowerCase();
  if (word === 'all') return [...one, ...withName(await listArchives(modelStore), modelName)];
  if (word === NOTHING) return one;
  const items = withName(
    loadModels.split(',').map((item) => item.trim()),
    modelName,
  );
  const expanded = await Promise.all(items.map((item) => withVersions(item, modelStore)));
  return [...new Set([...one, ...expanded.flat()])].filter((item) => item !== '');
}

/** Whether a handler is a model by itself: no other is named. */
function isAlone({ loadModels, modelPath }: ServerConfig): boolean {
  return modelPath === undefined && (loadModels === undefined || loadModels.trim().toLowerCase() === NOTHING);
}

/** Of several, none is meant. */
function withName(items: readonly string[], name: string | undefined): readonly string[] {
  const [only = '', ...others] = items;
  if (name === undefined || others.length > 0 || parseItem(only).name !== undefined) return items;
  return [`${name}=${only}`];
}

/** What the only model of a server is called that is told a file and no name. */
const NAMELESS = 'default';
/** KServe's default of `model_name`. */
const NAMELESS_HANDLER = 'model';

/** All versions of a folder of them. */
async function withVersions(item: string, modelStore: string): Promise<string[]> {
  const { name, url } = parseItem(item);
  if (!/^[\w.-]+$/.test(url)) return [item];
  const versions = await listVersions(path.join(modelStore, url));
  if (versions.length === 0) return [item];
  return versions.map((version) => `${name === undefined ? '' : `${name}=`}${url}/${version}`);
}

async function findIn(folder: string | undefined, logger: Logger): Promise<FoundSnapshot | undefined> {
  if (folder === undefined) return undefined;
  try {
    return await findNewest(folder, (file, reason) => logger.warn('a snapshot is not usable', { file, reason }));
  } catch (error) {
    logger.error('the snapshots could not be read: no model is restored', { folder, reason: messageOf(error) });
    return undefined;
  }
}

/** Until the default version is there, another one would take its place. */
function restoredModels(found: FoundSnapshot | undefined): PlannedModel[] {
  const versions = found?.snapshot.versions.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault)) ?? [];
  return versions.map((restored) => {
    const { key, registration } = restored;
    return { ...key, label: `${key.name} ${key.version}`, url: registration.url, restored };
  });
}

function newModels(named: readonly string[], namedBefore: readonly string[]): PlannedModel[] {
  return named
    .filter((item) => !namedBefore.some((before) => isSameAddress(before, item)))
    .map((item) => ({ ...parseItem(item), item, label: redactSecrets(item) }));
}

/** TorchServe's word for a start without models. */
const NOTHING = 'standalone';

/** Whether the model is this item of `load_models`. */
export function isNamed(model: PlannedModel, item: string): boolean {
  return model.item === item;
}

/** Snapshots are without the secrets of addresses. */
export function isSameAddress(one: string, other: string): boolean {
  return redactSecrets(one) === redactSecrets(other);
}

/** An item of `load_models`. */
export interface StartupItem {
  /** Undefined for the manifest's own. */
  readonly name?: string;
  /** File name in the model store, or an address. */
  readonly url: string;
}

/** Reads `archive` or `name=archive`. */
export function parseItem(item: string): StartupItem {
  const match = /^([\w.-]+)=(.*)$/.exec(item);
  return match === null ? { url: item } : { name: match[1], url: match[2] ?? '' };
}
