/** What one sees of a graph: where the time of a request went, and what the metrics count of its nodes and ways. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';

const ECHO = `
  import { PredictionError } from '@marserve/handlers';
  export const handle = (rows) => rows && rows.map(({ body = 1 }) => (body.fail ? new PredictionError('no', 500) : body));
`;

const GRAPHS = {
  row: { sequence: ['echo', { model: 'echo', name: 'zweites Echo' }, 'echo'] },
  ways: {
    sequence: [
      { model: 'echo', name: 'soft', dependency: 'soft' },
      { switch: [{ when: 'instances.0.fail', step: { model: 'echo', name: 'bad', fallback: 'other' } }], otherwise: 'echo' }, // prettier-ignore
    ],
  },
};

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      await addArchive(store, { name: 'echo', source: ECHO });
      await addArchive(store, { name: 'other', source: 'export const handle = (rows) => rows && rows.map(() => 1);' });
      for (const [name, graph] of Object.entries(GRAPHS)) {
        await addArchive(store, { name, handler: 'graph', config: JSON.stringify({ graph }) });
      }
    },
  });
  await registerModels(daemon, ['echo', 'other', ...Object.keys(GRAPHS)]);
});

afterAll(() => daemon?.close());

describe('Server-Timing', () => {
  const v2 = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }] };
  it.each([
    ['TorchServe', 'predictions/row', [1]],
    ['V1', 'v1/models/row:predict', { instances: [1, 2] }],
    ['V2', 'v2/models/row/infer', v2],
    ['events', 'v2/models/row/generate_stream', { x: 1 }],
    ['Seldon', 'seldon/ns/row/api/v1.0/predictions', { data: { ndarray: [1] } }],
  ])('has the time of each node behind that of the stages: %s', async (_, path, body) => {
    const url = `${daemon.inference}/${path}`;
    const { status, headers } = await sendJson(url, body, { 'x-marserve-timing': '1' });
    const metrics = (headers.get('server-timing') ?? '').split(', ');
    const names = metrics.map((metric) => /^(\S+);dur=\d+\.\d{3}$/.exec(metric)?.[1]);
    expect([status, names.at(0), names.slice(-3)]).toEqual([200, 'queue', ['echo', 'zweites_Echo', 'echo-2']]);
    expect((await sendJson(url, body)).headers.has('server-timing')).toBe(false);
  });
});

describe('the metrics', () => {
  const count = async (name: string, labels: Record<string, string>) => {
    const { text } = await send(`${daemon.metrics}/metrics`);
    const line = text.split('\n').find((each) => {
      const isIt = each.startsWith(`${name}{ModelName="ways"`);
      return isIt && Object.entries(labels).every(([label, value]) => each.includes(`${label}="${value}"`));
    });
    return Number(/ (\d+)$/.exec(line ?? '')?.[1] ?? 0);
  };

  it('count which ways requests took, and what failed', async () => {
    const ask = (instance: unknown) => sendJson(`${daemon.inference}/v1/models/ways:predict`, { instances: [instance] }); // prettier-ignore
    const answers = [await ask({ fine: true }), await ask({ fail: true }), await ask({ fail: true })];
    expect(answers.map(({ text }) => text)).toEqual([
      '{"predictions":[{"fine":true}]}',
      '{"predictions":[1]}',
      '{"predictions":[1]}',
    ]);
    await expect.poll(() => count('graph_edge_requests_total', { from: 'switch', to: 'client' })).toBe(3);
    const edges = [['client', 'soft', 3], ['soft', 'switch', 3], ['switch', 'echo', 1], ['switch', 'bad', 2], ['bad', 'other', 2]] as const; // prettier-ignore
    for (const [from, to, times] of edges) {
      expect([from, to, await count('graph_edge_requests_total', { from, to })]).toEqual([from, to, times]);
    }
    expect(await count('graph_soft_failures_total', { step: 'soft' })).toBe(2);
    expect(await count('graph_fallbacks_total', { step: 'bad' })).toBe(2);
    expect(await count('graph_node_seconds_count', { node: 'bad', outcome: 'failed' })).toBe(2);
  });
});
