/** Triton's model repository and statistics over gRPC. */
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { freePort } from '../helpers/free-addresses.ts';
import { call, oipClient, type GrpcClient } from '../helpers/grpc-client.ts';
import { send } from '../helpers/http.ts';
import { inferGrpc, SUM } from '../helpers/oip-grpc.ts';

let daemon: Daemon;
let inference: GrpcClient;
let management: GrpcClient;

beforeAll(async () => {
  daemon = await startDaemon();
  await addArchive(daemon.store, { name: 'sum', model: sumAndDifferenceModel() });
  await addArchive(daemon.store, { name: 'other', model: sumAndDifferenceModel() });
  await registerModels(daemon, ['sum']);
  inference = oipClient(daemon.grpcInference);
  management = oipClient(daemon.grpcManagement);
});

afterAll(async () => {
  inference?.close();
  management?.close();
  await daemon?.close();
});

const change = (method: string, request: object) => call(management, `RepositoryModel${method}`, request);
const index = async (request: object = {}) =>
  (await call<{ models: object[] }>(management, 'RepositoryIndex', request)).models;

describe('the repository', () => {
  it('is listed as over REST', async () => {
    const rest = await send(`${daemon.management}/v2/repository/index`, { method: 'POST' });
    const models = await index();
    expect(models).toEqual(rest.json());
    expect(models).toContainEqual({ name: 'sum', version: '1.0', state: 'READY', reason: '' });
    expect(await index({ ready: true })).toEqual([{ name: 'sum', version: '1.0', state: 'READY', reason: '' }]);
  });

  it('loads and unloads models', async () => {
    expect(await change('Load', { model_name: 'other' })).toEqual({});
    expect((await inferGrpc(inference, { ...SUM, model_name: 'other' })).outputs).toHaveLength(2);
    const parameters = { unload_dependents: { bool_param: true } };
    expect(await change('Unload', { model_name: 'other', parameters })).toEqual({});
    await expect(inferGrpc(inference, { ...SUM, model_name: 'other' })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
  });

  it.each([
    ['Load', {}, status.INVALID_ARGUMENT, 'model_name'],
    ['Load', { model_name: 'nobody' }, status.NOT_FOUND, 'nobody'],
    ['Unload', { model_name: 'nobody' }, status.NOT_FOUND, 'nobody'],
    ['Load', { model_name: 'other', repository_name: 'a' }, status.UNIMPLEMENTED, 'repository_name'],
    ['Load', { model_name: 'other', parameters: { config: { string_param: '{}' } } }, status.UNIMPLEMENTED, 'config'],
    [
      'Unload',
      { model_name: 'sum', parameters: { unload_dependents: { string_param: 'x' } } },
      status.INVALID_ARGUMENT,
      'boolean',
    ],
  ])('refuses to %s %o', async (method, request, code, details) => {
    await expect(change(method, request)).rejects.toMatchObject({
      code,
      details: expect.stringContaining(details) as string,
    });
  });

  it('is at the address of the management alone', async () => {
    await expect(call(inference, 'RepositoryIndex')).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    await expect(call(management, 'ModelStatistics')).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });
});

it('the log is switched as over REST', async () => {
  type Settings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  const settings = async (given: object = {}) =>
    (await call<{ settings: Settings }>(management, 'LogSettings', { settings: given })).settings;
  const plain = (all: Settings) =>
    Object.fromEntries(
      Object.entries(all).map(([name, { parameter_choice: chosen, ...values }]) => [
        name,
        chosen === undefined ? Object.values(values)[0] : values[chosen as string],
      ]),
    );
  expect(plain(await settings())).toEqual((await send(`${daemon.management}/v2/logging`)).json());
  const changed = await settings({ log_info: { bool_param: false }, log_verbose_level: { uint32_param: 1 } });
  expect(plain(changed)).toMatchObject({ log_info: false, log_verbose_level: 1 });
  expect(plain(changed)).toEqual((await send(`${daemon.management}/v2/logging`)).json());
  await settings({ log_info: { bool_param: true }, log_verbose_level: { uint32_param: 0 } });
  await expect(settings({ nothing: { bool_param: true } })).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
});

describe('the extensions', () => {
  const extensionsOf = async (client: GrpcClient) =>
    (await call<{ extensions: string[] }>(client, 'ServerMetadata')).extensions;

  it('are told at each address as over REST', async () => {
    for (const [client, address] of [
      [inference, daemon.inference],
      [management, daemon.management],
    ] as const) {
      const rest = (await send(`${address}/v2`)).json<{ extensions: string[] }>();
      expect(await extensionsOf(client)).toEqual(rest.extensions);
    }
  });

  it('are all at one address where both APIs have it', async () => {
    const port = await freePort();
    const address = `http://127.0.0.1:${port}`;
    const both = await startDaemon({
      config: {
        inference_address: address,
        management_address: address,
        grpc_inference_port: port,
        grpc_management_port: port,
      },
      fill: (store) => addArchive(store, { name: 'sum', model: sumAndDifferenceModel() }),
    });
    const client = oipClient(both.grpcInference);
    try {
      expect(await extensionsOf(client)).toEqual(expect.arrayContaining(['statistics', 'model_repository']));
      await call(client, 'RepositoryModelLoad', { model_name: 'sum' });
      expect((await inferGrpc(client, SUM)).outputs).toHaveLength(2);
    } finally {
      client.close();
      await both.close();
    }
  });
});

it('the statistics are those of REST', async () => {
  for (let round = 0; round < 3; round += 1) await inferGrpc(inference, SUM);
  const rest = await send(`${daemon.inference}/v2/models/sum/stats`);
  const [expected] = rest.json<{ model_stats: Record<string, unknown>[] }>().model_stats;
  for (const request of [{ name: 'sum' }, { name: 'sum', version: '1.0' }]) {
    const { model_stats: stats } = await call<{ model_stats: Record<string, unknown>[] }>(
      inference,
      'ModelStatistics',
      request,
    );
    expect(stats).toHaveLength(1);
    // Those of 64 bits come as texts.
    expect(JSON.parse(JSON.stringify(stats[0]).replaceAll(/"(\d+)"/g, '$1'))).toMatchObject({
      ...expected,
      version: '1.0',
      inference_count: 3,
    });
  }
  await expect(call(inference, 'ModelStatistics', { name: 'nobody' })).rejects.toMatchObject({
    code: status.NOT_FOUND,
  });
});
