import { parse } from 'dot-properties';
import { describe, expect, it } from 'vitest';
import type { VersionSnapshot } from '../../core/registry/registry-snapshot.ts';
import { SETTINGS } from '../../test-support/version-settings.ts';
import { formatSnapshot, modelSnapshot } from './snapshot-format.ts';
import { ValueError } from '../value-types.ts';

const served = {
  runtime: 'node',
  workers: { min: 1, max: 2 },
  settings: { ...SETTINGS, batchSize: 4, maxBatchDelayMs: 5, responseTimeoutMs: 7000, startupTimeoutMs: 120_000 },
};
const VERSIONS: readonly VersionSnapshot[] = [
  {
    key: { name: 'm', version: '2.0' },
    isDefault: false,
    registration: {
      url: 'https://example.com/a/m%20é.mar?q=a=b\\c',
      handler: 'other.ts',
      workers: { min: 1, max: 2 },
      settings: { batchSize: 4, responseTimeoutMs: 7000, retryOnWorkerDeath: false },
    },
    downloadedAs: 'm é.mar',
    served,
  },
  {
    key: { name: 'm', version: '1.0' },
    isDefault: true,
    registration: { url: 'm.mar', loadedAtStartup: true },
    served,
  },
  { key: { name: 'n', version: '日本' }, isDefault: true, registration: { url: 'n.mar' }, served },
];

const file = (versions: readonly VersionSnapshot[], properties: Record<string, string> = {}) =>
  formatSnapshot({
    name: '20250317120000123-snapshot.cfg',
    snapshot: { versions, loadedArchives: ['m.mar'] },
    properties,
    createdAt: new Date('2025-03-17T12:00:00.123Z'),
  });
const read = (text: string) =>
  modelSnapshot.parse((parse(text) as Record<string, string>).model_snapshot ?? '', { cwd: '/' });

describe('the content of a snapshot', () => {
  it('shows a batch size that the server finds out as the least, and does not ask for it', () => {
    const text = file([{ ...(VERSIONS[1] as VersionSnapshot), served: { ...served, settings: SETTINGS } }]);
    expect(text).toContain('"batchSize":1,');
    expect(read(text).versions[0]?.registration.settings).toBeUndefined();
  });

  it('is without the secrets of addresses', () => {
    const [version] = VERSIONS;
    const url = 'https://me:hunter2@example.com/m.mar?sig=hunter2&x=1';
    const registration = { ...version?.registration, url };
    const text = formatSnapshot({
      name: 'n',
      snapshot: { versions: [{ ...(version as VersionSnapshot), registration }], loadedArchives: [url] },
      properties: { load_models: url, allowed_urls: 'https://.*' },
      createdAt: new Date(),
    });
    expect(text).not.toContain('hunter2');
    expect(text).toContain('allowed_urls=https://.*');
    expect(read(text).versions[0]?.registration.url).toBe('https://***@example.com/m.mar?sig=***&x=1');
  });

  it('comes back as it was', () => {
    const { versions, loadedArchives } = read(file(VERSIONS));
    expect(versions).toEqual(VERSIONS);
    expect(loadedArchives).toEqual(['m.mar']);
  });

  it('is a properties file in ASCII with the configuration, and model_snapshot in TorchServe’s words', () => {
    const text = file(VERSIONS, { model_store: 'C:\\ modèles', batch_size: ' 8' });
    expect(text).toMatch(/^[\n -~]*$/);
    const properties = parse(text) as Record<string, string>;
    expect(properties).toMatchObject({ model_store: 'C:\\ modèles', batch_size: ' 8' });
    expect(JSON.parse(properties.model_snapshot ?? '')).toMatchObject({
      name: '20250317120000123-snapshot.cfg',
      modelCount: 2,
      created: 1742212800123,
      models: {
        m: {
          '2.0': {
            defaultVersion: false,
            marName: 'm é.mar',
            minWorkers: 1,
            maxWorkers: 2,
            batchSize: 4,
            maxBatchDelay: 5,
            responseTimeout: 7,
            startupTimeout: 120,
            runtimeType: 'node',
          },
          '1.0': { defaultVersion: true, marName: 'm.mar' },
        },
      },
    });
  });

  it('of TorchServe is taken at its word', () => {
    const [noop, ...others] = modelSnapshot.parse(
      '{"name":"20250317120000123-startup.cfg","modelCount":1,"created":1742212800123,"models":{"noop":{"1.0":' +
        '{"defaultVersion":true,"marName":"noop.mar","minWorkers":2,"maxWorkers":3,"batchSize":4,"maxBatchDelay":100,' +
        '"responseTimeout":60,"startupTimeout":90,"parallelLevel":0,"runtimeType":"python"}}}}',
      { cwd: '/' },
    ).versions;
    expect(others).toEqual([]);
    expect(noop).toMatchObject({
      key: { name: 'noop', version: '1.0' },
      isDefault: true,
      registration: {
        url: 'noop.mar',
        workers: { min: 2, max: 3 },
        settings: { batchSize: 4, maxBatchDelayMs: 100, responseTimeoutMs: 60_000, startupTimeoutMs: 90_000 },
      },
    });
    expect(noop?.downloadedAs).toBeUndefined();
  });

  it('may have settings and facts of another release', () => {
    const text = file(VERSIONS).replaceAll('"handler":"other.ts"', '"handler":"other.ts","mood":"good"');
    const unknown = text.replaceAll('"retryOnWorkerDeath":false', '"retryOnWorkerDeath":false,"laterSetting":3');
    expect(read(unknown).versions[0]?.registration).toEqual({
      ...VERSIONS[0]?.registration,
      settings: { ...VERSIONS[0]?.registration.settings, laterSetting: 3 },
    });
  });

  it.each([
    ['{"models":{"m":{"1.0"', 'no JSON'],
    ['', 'no JSON'],
    ['{}', 'models: expected an object of models, as {"model":{"version":{…}}}, came nothing'],
    ['[]', 'expected an object, as {"models":{…}}, came []'],
    ['{"models":{"m":5}}', 'models: m: expected an object of its versions, came 5'],
    ['{"models":{"m":{"1":"x"}}}', 'models: m: 1: expected an object with the facts of a version, came "x"'],
    ['{"models":{},"loadedArchives":3}', 'loadedArchives: expected a list of names, came 3'],
    [
      '{"models":{"m":{"1":{"marName":"m.mar","marserve":{"url":"m.mar","workers":2,"settings":{"a":"x"}}}}}}',
      'marserve: workers: expected {"min":…,"max":…}, came 2; models: m: 1: marserve: settings: a: expected a number, auto, true or false, came "x"',
    ],
    ['{"models":{"m":{"1.0":{"marName":7}}}}', 'models: m: 1.0: marName: expected a text, came 7'],
    [
      '{"models":{"m":{"1.0":{"marName":"m.mar","minWorkers":-1}}}}',
      'models: m: 1.0: minWorkers: expected an integer from 0, came -1',
    ],
  ])('is not %s', (text, problem) => {
    const read = () => modelSnapshot.parse(text, { cwd: '/' });
    expect(read).toThrow(ValueError);
    expect(read).toThrow(problem);
  });
});
