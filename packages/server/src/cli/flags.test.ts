import { describe, expect, it } from 'vitest';
import { CONFIG_KEYS, flagOf } from '../config/schema.ts';
import { UsageError } from './cli-error.ts';
import { readCommandLine } from './flags.ts';

const read = (line: string) => readCommandLine(line.split(' ').filter((word) => word !== ''));

describe('the command line', () => {
  it('means start when it does not say what', async () => {
    expect(await read('')).toMatchObject({ command: 'start', isForeground: false, flags: {}, warnings: [] });
    expect(await read('--start --foreground')).toMatchObject({ command: 'start', isForeground: true });
    expect(await read('--stop')).toMatchObject({ command: 'stop' });
    expect(await read('--status')).toMatchObject({ command: 'status' });
  });

  it('sets keys of the configuration', async () => {
    const line = '--model-store store --ts-config c.properties --batch-size 08 --inference-address=unix:/x';
    expect(await read(line)).toMatchObject({
      configFile: 'c.properties',
      flags: { model_store: 'store', batch_size: '08', inference_address: 'unix:/x' },
    });
  });

  it('takes models between spaces or commas', async () => {
    expect(await read('--models a.mar b=b.mar --foreground')).toMatchObject({
      flags: { load_models: 'a.mar,b=b.mar' },
    });
    expect(await read('--models a.mar,b.mar')).toMatchObject({ flags: { load_models: 'a.mar,b.mar' } });
  });

  it("takes TorchServe's flags, and says which do nothing", async () => {
    expect(await read('')).toMatchObject({ hasSnapshots: true });
    expect(await read('--ncs --dt --enable-model-api')).toMatchObject({
      hasSnapshots: false,
      flags: { disable_token_authorization: 'true', enable_model_api: 'true' },
      warnings: [],
    });
    expect(await read('--disable-token-auth=false --no-config-snapshots --ppath x --workflow-store y')).toMatchObject({
      hasSnapshots: false,
      flags: { disable_token_authorization: 'false', workflow_store: 'y' },
      warnings: ['--ppath does nothing: plugins of TorchServe are Java.'],
    });
  });

  it('takes prefixes of flags, and empty values for absent ones', async () => {
    expect(await read('--star --foreg --model-s store --inf=unix:/x')).toMatchObject({
      command: 'start',
      isForeground: true,
      flags: { model_store: 'store', inference_address: 'unix:/x' },
    });
    const line = ['--ts-config', '', '--models=', '--model-store', 'store', '--log-config', ''];
    expect(await readCommandLine(line)).toMatchObject({ configFile: undefined, flags: { model_store: 'store' } });
  });

  it.each([
    ['--stat --st', 'Ambiguous argument: --st may be --start, --stop, --status'],
    ['--job-queue-sise 3', 'Unknown argument: job-queue-sise. Did you mean --job-queue-size?'],
    ['--no-such-thing-at-all', 'Unknown argument: no-such-thing-at-all.\n'],
    ['model.mar', 'Unknown argument: model.mar.'],
    ['start --ncs', 'Unknown argument: start. Did you mean --start?'],
    ['stop', 'Unknown argument: stop. Did you mean --stop?'],
    ['--start --stop', 'Arguments start and stop are mutually exclusive'],
    ['--models', 'Not enough arguments following: --models'],
    ['--model-store', 'Not enough arguments following: --model-store'],
  ])('is wrong when it says "%s"', async (line, message) => {
    const error: unknown = await read(line).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toContain('See model-server --help.');
  });

  it('has one flag a key at most', () => {
    const flags = Object.entries(CONFIG_KEYS).flatMap(([key, row]) => flagOf(key, row) ?? []);
    expect(new Set(flags).size).toBe(flags.length);
  });
});
