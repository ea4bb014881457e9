import { VERSION_SETTINGS, type VersionSetting } from '@marserve/archiver/model-config';
import { describe, expect, it } from 'vitest';
import { parseModelConfig } from './config/model-config.ts';
import { resolveRegistration } from './core/registry/registration.ts';
import { registrationDefaults } from './registration-defaults.ts';
import { load, problemsOf } from './test-support/configurations.ts';
import { SETTINGS } from './test-support/version-settings.ts';

const rows: readonly (readonly [string, VersionSetting])[] = Object.entries(VERSION_SETTINGS);
const key = { name: 'm', version: '1.0' };
const BASE = { milliseconds: 1, seconds: 1000, megabytes: 1_048_576 };

/** One that nobody has by default, and what it is in milliseconds or bytes. */
function valuesOf({ type, default: usual, unit }: VersionSetting) {
  if (type === 'boolean') return { said: !usual, base: !usual };
  const said = (usual === 'auto' ? 0 : Number(usual)) + 7;
  return { said, base: said * (unit === undefined ? 1 : BASE[unit]) };
}

/** How a version is served by these lines of config.properties, and this YAML file of its model. */
async function settingsBy(file: string, yaml = '') {
  const { config } = await load({ file });
  const registration = { url: 'm.mar' };
  const server = registrationDefaults(config, 1)(key, registration);
  return resolveRegistration(registration, parseModelConfig(yaml, 'config.yaml').settings, server).settings;
}

describe('a version of a model', () => {
  it('is served by the defaults of the table where nobody says anything', async () => {
    expect(await settingsBy('')).toEqual(SETTINGS);
  });

  describe.each(rows)('has its %s', (name, setting) => {
    const { modelKey, serverKey } = setting;
    const { said, base } = valuesOf(setting);

    it('from the configuration of the server, and nothing else from there', async () => {
      expect(await settingsBy(`${serverKey}=${said}`)).toEqual({ ...SETTINGS, [name]: base });
    });

    it("from the model's YAML file, which wins", async () => {
      const other = typeof said === 'boolean' ? !said : said + 1;
      expect(await settingsBy(`${serverKey}=${other}`, `${modelKey}: ${said}`)).toEqual({ ...SETTINGS, [name]: base });
    });
  });

  it.each(rows.filter(([, { parameter }]) => parameter))(
    'has its %s from the key models, for this version alone',
    async (name, setting) => {
      const { said, base } = valuesOf(setting);
      const models = (version: string) =>
        `models=${JSON.stringify({ m: { [version]: { [setting.modelKey]: said } } })}`;
      expect(await settingsBy(models('1.0'))).toEqual({ ...SETTINGS, [name]: base });
      expect(await settingsBy(models('2.0'))).toEqual(SETTINGS);
    },
  );

  it.each(rows.filter(([, { min }]) => min !== undefined))(
    'has its %s never below the smallest',
    async (name, setting) => {
      const { modelKey, serverKey, min, zeroIsServers } = setting;
      const low = Number(min) - 1;
      expect(await problemsOf({ file: `${serverKey}=${low}` })).toEqual([expect.stringContaining(`from ${min}`)]);
      const read = () => parseModelConfig(`${modelKey}: ${low}`, 'config.yaml').settings;
      if (zeroIsServers) expect(read()).not.toHaveProperty(name);
      else expect(read).toThrow(new RegExp(`${modelKey}: expected .*an integer from ${min}, came ${low}`));
    },
  );

  it('has a batch size that the server finds out where its YAML file says so', async () => {
    expect(await settingsBy('batch_size=8', 'batchSize: auto')).toEqual(SETTINGS);
    expect(await settingsBy('batch_size=Auto')).toEqual(SETTINGS);
    expect(await problemsOf({ file: 'batch_size=automatic' })).toEqual([
      expect.stringContaining('expected auto or an integer from 1, came "automatic"'),
    ]);
  });
});
