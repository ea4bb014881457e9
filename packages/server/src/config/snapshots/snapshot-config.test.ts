import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { loadConfig } from '../load.ts';
import { formatSnapshot, modelSnapshot } from './snapshot-format.ts';

/** As TorchServe 0.12 writes it. */
const TORCHSERVES = String.raw`#Saving snapshot
#Mon Mar 17 12:00:00 UTC 2025
inference_address=http\://127.0.0.1\:8080
load_models=noop.mar
model_store=.
number_of_gpu=0
default_workers_per_model=2
tsConfigFile=config.properties
version=0.12.0
model_snapshot={\n  "name"\: "20250317120000123-startup.cfg",\n  "modelCount"\: 1,\n  "created"\: 1742212800123,\n  "models"\: {\n    "noop"\: {\n      "1.0"\: {\n        "defaultVersion"\: true,\n        "marName"\: "noop.mar",\n        "minWorkers"\: 2,\n        "maxWorkers"\: 2,\n        "batchSize"\: 1,\n        "maxBatchDelay"\: 100,\n        "responseTimeout"\: 120,\n        "startupTimeout"\: 120,\n        "runtimeType"\: "python"\n      }\n    }\n  }\n}
`;

async function load(content: string) {
  const cwd = await temporaryFolder({ 'a.cfg': content });
  return loadConfig({ configFile: path.join(cwd, 'a.cfg'), env: {}, cwd });
}

describe('a configuration file that is a snapshot', () => {
  it('may be one of TorchServe', async () => {
    const { config, warnings } = await load(TORCHSERVES);
    expect(config.modelSnapshot?.versions).toMatchObject([
      { key: { name: 'noop', version: '1.0' }, registration: { url: 'noop.mar', workers: { min: 2, max: 2 } } },
    ]);
    expect(warnings.join('\n')).toMatch(/number_of_gpu.*\n.*tsConfigFile does nothing.*\n.*version does nothing/);
  });

  it('gives the configuration and the models of one of ours', async () => {
    const { snapshot, properties } = {
      snapshot: modelSnapshot.parse('{"models":{"m":{"1.0":{"marName":"m.mar","batchSize":1}}}}', { cwd: '/' }),
      properties: {
        model_store: '.',
        batch_size: '7',
        models: '{"m":{"1.0":{"batchSize":3}}}',
        allowed_urls: 'file:\\\\.*',
      },
    };
    const loaded = await load(formatSnapshot({ name: 'a.cfg', snapshot, properties, createdAt: new Date(0) }));
    expect(loaded.config).toMatchObject({ batchSize: 7, models: { m: { '1.0': { batchSize: 3 } } } });
    expect(loaded.config.modelSnapshot).toEqual(snapshot);
    expect(loaded.properties).toMatchObject(properties);
    expect(loaded.warnings).toEqual([]);
  });

  it('must be whole', async () => {
    const damaged = TORCHSERVES.replace('"modelCount"', 'modelCount');
    await expect(load(damaged)).rejects.toThrow(/a\.cfg:10: model_snapshot: expected a JSON object/);
  });
});
