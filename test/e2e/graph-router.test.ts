/** Routers of a graph in a server: what clients of each protocol are told of the route; shadows and canaries. */
import { tensor, type ResponseHead } from '@marserve/client';
import { createV2GrpcClient } from '@marserve/client/grpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addOneModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { remove, send, sendJson } from '../helpers/http.ts';
import { workersOf } from '../helpers/workers.ts';

const HANGS = `export const handle = async (rows) => rows && (await new Promise((done) => { setTimeout(done, 2000); }), rows);`;
const CRASHES = `export const handle = (rows) => rows && process.exit(1);`;

const JSON_TYPE = { 'content-type': 'application/json' };

const GRAPHS = {
  tried: {
    router: { stable: 'one', canary: 'one/1.0' },
    policy: 'canary',
    steps: [{ weight: 50, for_s: 0.1 }],
    guards: { min_requests: 5 },
    golden: [{ request: { instances: [[1, 2]] }, expect: { predictions: [[2, 3]] } }],
  },
  shadowed: {
    router: { main: 'one', hangs: 'hangs', crashes: 'crashes', missing: 'not-there', same: 'one/1.0' },
    policy: 'shadow',
    shadow_timeout_ms: 500,
    max_in_flight: 100,
  },
  ab: { router: { old: 'one', new: 'one/1.0' }, policy: 'weighted', weights: { old: 0, new: 1 } },
};

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      await addArchive(store, { name: 'one', model: addOneModel() });
      await addArchive(store, { name: 'hangs', source: HANGS });
      await addArchive(store, { name: 'crashes', source: CRASHES });
      for (const [name, graph] of Object.entries(GRAPHS)) {
        await addArchive(store, { name, handler: 'graph', config: JSON.stringify({ graph }) });
      }
    },
  });
  await registerModels(daemon, ['one', 'hangs', 'crashes', ...Object.keys(GRAPHS)]);
});

afterAll(() => daemon?.close());

describe('the route that a router has chosen', () => {
  it('is told by answers of every protocol over REST', async () => {
    const { inference } = daemon;
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }];
    const answers = await Promise.all([
      sendJson(`${inference}/predictions/ab`, [1, 2]),
      sendJson(`${inference}/v1/models/ab:predict`, {
        instances: [
          [1, 2],
          [3, 4],
        ],
      }),
      sendJson(`${inference}/v2/models/ab/infer`, { inputs }),
      sendJson(`${inference}/seldon/ns/ab/api/v1.0/predictions`, { data: { ndarray: [1, 2] } }),
    ]);
    for (const { status, headers } of answers) {
      expect([status, headers.get('x-marserve-route')]).toEqual([200, 'router=new']);
    }
  });

  it('is metadata over gRPC', async () => {
    const client = createV2GrpcClient(daemon.grpcInference);
    let head: ResponseHead | undefined;
    const question = { inputs: { x: tensor('float32', [1, 2], [1, 2]) } };
    await client.infer('ab', question, { onResponse: (told) => void (head = told) });
    await client.close();
    expect(head?.headers['x-marserve-route']).toBe('router=new');
  });
});

describe('a shadow', () => {
  const counted = async () => {
    const { text } = await send(`${daemon.metrics}/metrics`);
    const found = [...text.matchAll(/^graph_shadow_total\{(.*)\} (\d+)/gm)];
    return found.map(([, labels = '', count]) => {
      const [arm, outcome] = ['arm', 'outcome'].map((label) => new RegExp(`${label}="(\\w+)"`).exec(labels)?.[1]);
      return `${arm} ${outcome} ${count}`;
    });
  };

  it('that hangs, crashes or is not there changes no answer, and no worker of the graph is ended for it', async () => {
    const pids = async () => (await workersOf(daemon, 'shadowed')).map(({ pid }) => pid);
    const before = await pids();
    const ask = () => sendJson(`${daemon.inference}/predictions/shadowed`, [1, 2]);
    for (let request = 0; request < 5; request += 1) expect((await ask()).json()).toEqual([2, 3]);
    const expected = ['crashes failed 5', 'hangs failed 5', 'missing failed 5', 'same same 5'];
    await expect.poll(async () => (await counted()).sort(), { timeout: 60_000 }).toEqual(expected);
    expect((await ask()).json()).toEqual([2, 3]);
    expect(await pids()).toEqual(before);
  });
});

describe('a canary', () => {
  const ask = async () => {
    const { status, headers } = await sendJson(`${daemon.inference}/predictions/tried`, [1, 2]);
    expect(status).toBe(200);
    return headers.get('x-marserve-route');
  };

  it('is promoted, which its log and metrics say, and stays so when its graph is registered again', async () => {
    const output = async () => (await ask(), daemon.output());
    await expect.poll(output, { timeout: 60_000 }).toContain('is promoted, with 100 % of the requests');
    const { text } = await send(`${daemon.metrics}/metrics`);
    expect(text).toMatch(/^graph_canary_weight\{/m);
    const experiment = `${daemon.management}/models/tried/experiment`;
    const shown = (await send(experiment)).json<{ experiments: { canary: object }[] }>();
    expect(shown.experiments[0]?.canary).toMatchObject({ status: 'promoted', weight: 100 });
    const patch = (message: object) =>
      send(experiment, { method: 'PATCH', body: JSON.stringify(message), headers: JSON_TYPE });
    expect((await patch({ weights: { stable: 1, canary: 1 } })).status).toBe(400);
    expect((await patch({ canary: 'restart' })).text).toContain('waiting');
    await expect.poll(output, { timeout: 60_000 }).toMatch(/by hand: restart[^]*is promoted, with 100 %/);
    await remove(`${daemon.management}/models/tried`);
    await registerModels(daemon, ['tried']);
    expect(await ask()).toBe('router=canary');
  });
});
