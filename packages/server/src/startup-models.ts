/** The models of a start: those that an earlier daemon wrote down, and those that `load_models` names. */
import type { ServerConfig } from './config/schema.ts';
import { findNewest, removeUnfinished, type FoundSnapshot } from './config/snapshot-folder.ts';
import type { ControlPlane, Registered } from './core/control-plane.ts';
import { messageOf, ServeError } from './core/errors.ts';
import type { Logger } from './core/logger.ts';
import type { VersionSnapshot } from './core/registry-snapshot.ts';
import { redactSecrets } from './observability/redact-secrets.ts';
import { listArchives } from './storage/locate-archive.ts';
import { removeAbandoned } from './storage/partial-file.ts';

/** What there is to load. */
export interface StartupPlan {
  /** What `load_models` stands for: archives, each as `archive` or `name=archive`. */
  readonly named: readonly string[];
  /** What it stood for when the snapshot was written. */
  readonly namedBefore: readonly string[];
  readonly found?: FoundSnapshot;
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
  return { named, namedBefore: found?.snapshot.loadedArchives ?? [], found };
}

async function namedArchives({ loadModels, modelStore }: ServerConfig): Promise<string[]> {
  if (loadModels === undefined) return [];
  if (loadModels.trim().toLowerCase() === 'all') return listArchives(modelStore);
  return loadModels.split(',').map((item) => item.trim());
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

export interface StartupParts {
  readonly config: ServerConfig;
  readonly controlPlane: ControlPlane;
  readonly logger: Logger;
}

/** A model that fails is an error in the log and does not stop the others. */
export async function loadStartupModels(plan: StartupPlan, parts: StartupParts): Promise<void> {
  const { controlPlane, logger } = parts;
  const failed = await restoreAll(plan, parts);
  for (const item of unknownArchives(plan, failed)) {
    const { name, url } = parseItem(item);
    try {
      const registration = { url, modelName: name, loadedAtStartup: true };
      const registered = await controlPlane.register(registration, { staysOnFailure: true });
      makeDefault(registered, parts);
      await forgetReplaced(failed, url, parts);
    } catch (error) {
      if (isRestored(error, plan)) continue;
      logger.error('a model could not be loaded at the start', { url, reason: messageOf(error) });
    }
  }
  await controlPlane.recordStart();
}

/** @returns the versions that could not be restored */
async function restoreAll(
  { found, named }: StartupPlan,
  { controlPlane, logger }: StartupParts,
): Promise<VersionSnapshot[]> {
  if (found === undefined) return [];
  const { versions } = found.snapshot;
  const failed: VersionSnapshot[] = [];
  // Until the default version is there, another one would take its place.
  for (const version of versions.toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault))) {
    const { key, registration } = version;
    try {
      await controlPlane.restore(version);
    } catch (error) {
      failed.push(version);
      const facts = { model: key.name, version: key.version, url: registration.url, reason: messageOf(error) };
      logger.error('a model could not be restored; the next start tries again, unless it is unregistered', facts);
    }
  }
  const advice = 'load_models adds only what it did not name before; --no-config-snapshots starts afresh';
  const counts = { restored: versions.length - failed.length, failed: failed.length };
  if (versions.length + named.length > 0) logger.info('models restored', { ...counts, file: found.file, advice });
  return failed;
}

/** What the earlier daemon was not told to load, or this one could not restore. */
function unknownArchives({ named, namedBefore }: StartupPlan, failed: readonly VersionSnapshot[]): string[] {
  return named.filter((item) => {
    const { name, url } = parseItem(item);
    const isItem = ({ key, registration }: VersionSnapshot) =>
      isSameAddress(registration.url, url) && (name === undefined || key.name === name);
    return failed.some(isItem) || !namedBefore.some((before) => isSameAddress(before, item));
  });
}

/** Snapshots are without the secrets of addresses. */
function isSameAddress(one: string, other: string): boolean {
  return redactSecrets(one) === redactSecrets(other);
}

interface StartupItem {
  /** Undefined for the manifest's own. */
  readonly name?: string;
  readonly url: string;
}

function parseItem(item: string): StartupItem {
  const match = /^([\w.-]+)=(.*)$/.exec(item);
  return match === null ? { url: item } : { name: match[1], url: match[2] ?? '' };
}

function makeDefault({ key }: Registered, { config, controlPlane }: StartupParts): void {
  if (config.models?.[key.name]?.[key.version]?.defaultVersion) controlPlane.registry.setDefault(key);
}

/** Whether it is no failure that `load_models` names something, because it is there already. */
function isRestored(error: unknown, { found }: StartupPlan): boolean {
  return found !== undefined && error instanceof ServeError && error.code === 'already_registered';
}

/** The archive holds another version now than the one that could not be restored from it. */
async function forgetReplaced(
  failed: readonly VersionSnapshot[],
  url: string,
  { controlPlane }: StartupParts,
): Promise<void> {
  const replaced = failed.filter(
    ({ key, registration }) => isSameAddress(registration.url, url) && !controlPlane.registry.find(key),
  );
  for (const { key } of replaced) await controlPlane.unregister(key.name, key.version);
}
