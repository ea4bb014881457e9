/**
 * The content of a snapshot (torchserve.md 2.6): the properties of the configuration, and `model_snapshot`, which is JSON.
 * Beside TorchServe's own facts each version has an object `marserve` with what it takes to register it again here.
 * Secrets of addresses are left out: what was downloaded is in the model store.
 */
import { stringify } from 'dot-properties';
import * as z from 'zod';
import { largestBatch } from '../../core/jobs/batch-size.ts';
import type { Registration } from '../../core/registry/registration.ts';
import type { VersionSnapshot } from '../../core/registry/registry-snapshot.ts';
import { redactSecrets } from '../../core/redact-secrets.ts';
import {
  allSettings,
  anyText,
  describeIssues,
  expecting,
  integerFrom,
  integerOrAuto,
  settingsBy,
  shownSettings,
  someSettings,
  trueOrFalse,
  type VersionSetting,
} from '@marserve/archiver/model-config';
import { ValueError, type ValueType } from '../value-types.ts';

/** What a start can go on from. */
export interface Snapshot {
  /** In the order in which they are to be registered. */
  readonly versions: readonly VersionSnapshot[];
  /** What `load_models` stood for when the daemon started that wrote it. */
  readonly loadedArchives: readonly string[];
}

const workers = z.object({ min: integerFrom(0), max: integerFrom(0) }, expecting('{"min":…,"max":…}'));

/** Settings that this release does not know are kept. */
const setting = z.union([integerOrAuto(0), trueOrFalse], expecting('a number, auto, true or false'));
const settings = z.record(z.string(), setting, expecting('an object'));

const marserve = z.looseObject(
  {
    url: anyText,
    handler: anyText.optional(),
    runtime: anyText.optional(),
    workers: workers.optional(),
    settings: settings.optional(),
    config: z.record(z.string(), z.unknown(), expecting('an object')).optional(),
    leastWorkers: integerFrom(0).optional(),
    loadedAtStartup: trueOrFalse.optional(),
    isDownloaded: trueOrFalse.optional(),
  },
  expecting('an object'),
);

const version = z.looseObject(
  {
    defaultVersion: trueOrFalse.optional(),
    marName: anyText,
    minWorkers: integerFrom(0).optional(),
    maxWorkers: integerFrom(0).optional(),
    ...settingsBy('modelKey', ({ parameter }) => parameter && integerFrom(parameter.min).optional()),
    runtimeType: anyText.optional(),
    marserve: marserve.optional(),
  },
  expecting('an object with the facts of a version'),
);

const snapshot = z.looseObject(
  {
    models: z.record(
      z.string(),
      z.record(z.string(), version, expecting('an object of its versions')),
      expecting('an object of models, as {"model":{"version":{…}}}'),
    ),
    loadedArchives: z.array(anyText, expecting('a list of names')).optional(),
  },
  expecting('an object, as {"models":{…}}'),
);

type StoredVersion = z.infer<typeof version>;

/** The key `model_snapshot`, as the text of a file has it. */
export const modelSnapshot: ValueType<Snapshot> = {
  name: 'JSON',
  expected: 'a JSON object {"models":{"model":{"version":{…}}}}',
  parse(text) {
    const result = snapshot.safeParse(parseJson(text));
    if (!result.success) throw new ValueError(describeIssues(result.error, []).join('; '));
    const { models, loadedArchives = [] } = result.data;
    const versions = Object.entries(models).flatMap(([name, stored]) =>
      Object.entries(stored).map(([number, each]) => fromStored({ name, version: number }, each)),
    );
    return { versions, loadedArchives };
  },
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ValueError(`expected ${modelSnapshot.expected}, came something that is no JSON (${reason})`, {
      cause: error,
    });
  }
}

function fromStored(key: VersionSnapshot['key'], stored: StoredVersion): VersionSnapshot {
  const { minWorkers: min = 0, maxWorkers: max = min } = stored;
  return {
    key,
    isDefault: stored.defaultVersion ?? false,
    registration: stored.marserve === undefined ? torchserves(stored) : ours(stored.marserve),
    downloadedAs: stored.marserve?.isDownloaded ? stored.marName : undefined,
    served: {
      runtime: stored.runtimeType ?? 'python',
      workers: { min, max: Math.max(min, max) },
      settings: allSettings((setting) => storedValue(stored, setting) ?? setting.default),
    },
  };
}

function ours({
  url,
  handler,
  runtime,
  config,
  leastWorkers,
  workers: range,
  loadedAtStartup,
  ...rest
}: z.infer<typeof marserve>): Registration {
  // Which settings there are is not this file's business.
  const said = rest.settings as Registration['settings'];
  return { url, handler, runtime, config, leastWorkers, workers: range, loadedAtStartup, settings: said };
}

/** A snapshot of TorchServe: everything that it says was asked for. */
function torchserves(stored: StoredVersion): Registration {
  const { marName: url, minWorkers: min, maxWorkers: max } = stored;
  return {
    url,
    ...(min !== undefined && { workers: { min, max: Math.max(min, max ?? min) } }),
    settings: someSettings((setting) => storedValue(stored, setting)),
  };
}

/** Of the settings that TorchServe has as well. */
function storedValue(stored: StoredVersion, { parameter, modelKey }: VersionSetting): unknown {
  return parameter && stored[modelKey];
}

/** All of a file. */
export interface SnapshotFile {
  /** Of the file, without folder. */
  readonly name: string;
  /** Its models. */
  readonly snapshot: Snapshot;
  /** Key → text, of the configuration. */
  readonly properties: Readonly<Record<string, string>>;
  /** When the state was looked at. */
  readonly createdAt: Date;
}

/** The text of a snapshot's file. It is a configuration file too. */
export function formatSnapshot({ name, snapshot: { versions, loadedArchives }, ...file }: SnapshotFile): string {
  const names = [...new Set(versions.map(({ key }) => key.name))];
  const stored = names.map((model) => {
    const own = versions.filter(({ key }) => key.name === model);
    return [model, Object.fromEntries(own.map((each) => [each.key.version, toStored(each)]))];
  });
  const models = Object.fromEntries(stored) as Record<string, Record<string, StoredVersion>>;
  const content = {
    name,
    modelCount: names.length,
    created: file.createdAt.getTime(),
    models,
    loadedArchives: loadedArchives.map(redactSecrets),
  };
  const { load_models: named, ...properties } = file.properties;
  const shown = { ...properties, ...(named !== undefined && { load_models: redactSecrets(named) }) };
  const lines = Object.entries({ ...shown, model_snapshot: JSON.stringify(content) });
  return asAscii(stringify(lines, { lineWidth: null, keySep: '=' }));
}

/** The name is the key's. */
function toStored({ isDefault, registration, downloadedAs, served }: VersionSnapshot): StoredVersion {
  const { modelName: _, ...said } = registration;
  return {
    defaultVersion: isDefault,
    marName: downloadedAs ?? registration.url,
    minWorkers: served.workers.min,
    maxWorkers: served.workers.max,
    ...shownSettings(served.settings, ({ parameter }) => parameter !== undefined),
    batchSize: largestBatch(served.settings.batchSize, false),
    runtimeType: served.runtime,
    marserve: { ...said, url: redactSecrets(said.url), isDownloaded: downloadedAs !== undefined },
  };
}

/** Properties files are read as Latin-1 or as UTF-8; both have ASCII in common. */
function asAscii(text: string): string {
  return `${text.replaceAll(/[\u0080-\u00ff]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)}\n`;
}
