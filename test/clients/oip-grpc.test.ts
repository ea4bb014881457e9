/** The Open Inference Protocol over gRPC as the clients of Triton and KServe speak it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addIdentities } from '../fixtures/identity-archives.ts';
import { sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { missingPython, runPython } from '../helpers/python.ts';

const HANDLERS = {
  counter: `async function* count(to) { for (let n = 0; n < to; n += 1) yield n; }
    export function handle(data) { return data?.map((row) => count(Number(String(row.data)))); }`,
  hang: 'export function handle(data) { return data === null ? null : new Promise(() => {}); }',
};

const missing = missingPython();
const addressesOf = ({ grpcInference, grpcManagement }: Daemon) => ({
  GRPC_INFERENCE: grpcInference,
  GRPC_MANAGEMENT: grpcManagement,
});

describe.skipIf(missing !== undefined)(`Python clients${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let daemon: Daemon;

  beforeAll(async () => {
    daemon = await startDaemon({ config: { shutdown_timeout: 5 } });
    const names = await addIdentities(daemon.store);
    for (const name of ['sum', 'spare']) await addArchive(daemon.store, { name, model: sumAndDifferenceModel() });
    for (const [name, source] of Object.entries(HANDLERS)) await addArchive(daemon.store, { name, source });
    await registerModels(daemon, ['sum', ...Object.keys(HANDLERS), ...names]);
  });

  afterAll(() => daemon?.close());

  it('of Triton get what numpy has, one by one and in streams', async () => {
    const said = await runPython('oip_grpc.py', addressesOf(daemon));
    expect(said.trim().split('\n')).toEqual([
      'ask_of_the_server',
      'carry_all_datatypes',
      'carry_typed_contents',
      'ask_for_outputs',
      'compress',
      'be_refused',
      'stream',
      'give_up',
      'count',
      'manage',
    ]);
  });

  it('of KServe get answers, raw and typed', async () => {
    expect(await runPython('oip_grpc_kserve.py', addressesOf(daemon))).toBe('answered\n');
  });
});

describe.skipIf(missing !== undefined)('Python clients with keys', () => {
  const startWithTokens = (config: Readonly<Record<string, string>> = {}) =>
    startDaemon({
      config: { disable_token_authorization: false, load_models: 'all', ...config },
      fill: (store) => addArchive(store, { name: 'echo', source: ECHO }),
    });
  const tryKeys = async (daemon: Daemon) => {
    const file = JSON.parse(readFileSync(path.join(daemon.root, 'key_file.json'), 'utf8')) as Record<
      'inference' | 'management' | 'API',
      { readonly key: string }
    >;
    const keys = Object.fromEntries(Object.entries(file).map(([name, { key }]) => [name, key]));
    return JSON.parse(
      await runPython('oip_grpc_tokens.py', { ...addressesOf(daemon), KEYS: JSON.stringify(keys) }),
    ) as unknown;
  };
  const none = {
    inference: 'UNAUTHENTICATED',
    management: 'UNAUTHENTICATED',
    API: 'UNAUTHENTICATED',
    wrong: 'UNAUTHENTICATED',
    missing: 'UNAUTHENTICATED',
  };

  it('are let in with the right one alone', async () => {
    const daemon = await startWithTokens();
    try {
      expect(await tryKeys(daemon)).toEqual({
        inference: { ...none, inference: 'OK' },
        management: { ...none, management: 'OK' },
      });
    } finally {
      await daemon.close();
    }
  });

  it('are not let in with one that expired', async () => {
    const daemon = await startWithTokens({ token_expiration_min: '0.00001' });
    try {
      expect(await tryKeys(daemon)).toEqual({ inference: none, management: none });
    } finally {
      await daemon.close();
    }
  });
});
