/** What one sees of a graph: where the time of a request went, what the metrics count of its nodes and ways, and its picture. */
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
  shown: {
    sequence: [
      { model: 'gone', version: '2.0', dependency: 'soft' },
      {
        name: 'ab',
        router: { new: { model: 'echo', fallback: 'other' }, old: { model: 'echo', name: 'never' } },
        policy: 'weighted',
        weights: { new: 1, old: 0 },
      },
      {
        parallel: [{ url: 'http://127.0.0.1:9', protocol: 'v1', name: 'elsewhere', dependency: 'soft' }, 'other'],
        combine: 'first',
      },
    ],
  },
};

type View = Readonly<{ ready: boolean; reason?: string; nodes: Record<string, unknown>[]; edges: Record<string, unknown>[] }>; // prettier-ignore

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

describe('what the graph shows of itself', () => {
  const graphUrl = (path: string) => `${daemon.management}/models/${path}/graph`;
  const view = async (path: string) => (await send(graphUrl(path))).json<View>();

  it('are its steps and ways, with what they did in the last minute', async () => {
    await sendJson(`${daemon.inference}/v1/models/shown:predict`, { instances: [{ fail: true }] });
    await expect.poll(async () => (await view('shown')).edges.at(-1)).toMatchObject({ to: 'client', requests: 1 });
    const { nodes, edges, ...of } = await view('shown/1.0');
    expect(of).toEqual({ modelName: 'shown', modelVersion: '1.0', ready: true });
    expect(nodes).toMatchObject([
      { name: 'gone', kind: 'node', model: 'gone', version: '2.0', soft: true, ready: false, reason: expect.stringContaining('gone') as string, requests: 1, failures: 1, softFailures: 1 }, // prettier-ignore
      { name: 'ab', kind: 'router', how: 'weighted' },
      { name: 'echo', model: 'echo', ready: true, requests: 1, failures: 1, recentFailures: 1, fallbacks: 1 },
      { name: 'other', model: 'other', requests: 1, failures: 0, perSecond: expect.any(Number) as number, p99Ms: expect.any(Number) as number }, // prettier-ignore
      { name: 'never', kind: 'node', model: 'echo', requests: 0 },
      { name: 'parallel', kind: 'parallel', how: 'first' },
      { name: 'elsewhere', url: 'http://127.0.0.1:9', ready: false },
      { name: 'other-2', model: 'other', ready: true, requests: 1 },
    ]);
    expect(edges.map(({ from, to, requests }) => [from, to, requests])).toEqual([
      ['client', 'gone', 1],
      ['gone', 'ab', 1],
      ['ab', 'echo', 1],
      ['echo', 'other', 1],
      ['ab', 'never', 0],
      ['ab', 'parallel', 1],
      ['parallel', 'elsewhere', 1],
      ['parallel', 'other-2', 1],
      ['parallel', 'client', 1],
    ]);
    expect(edges).toContainEqual(expect.objectContaining({ to: 'echo', share: 1 }));
    expect(edges).toContainEqual(expect.objectContaining({ from: 'echo', to: 'other', fallback: true }));
  });

  it('is of all versions, where that is asked', async () => {
    const views = (await send(graphUrl('shown/all'))).json<{ modelVersion: string }[]>();
    expect(views.map(({ modelVersion }) => modelVersion)).toEqual(['1.0']);
  });

  it('is a picture for who wants one', async () => {
    const asked = await send(graphUrl('shown'), { headers: { accept: 'image/avif,image/svg+xml,*/*;q=0.8' } });
    expect([asked.status, asked.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
    const { text, headers } = await send(`${graphUrl('shown')}?format=svg&refresh=5`);
    expect(headers.get('refresh')).toBe('5');
    expect(text).toMatch(/^<svg xmlns[^]*<title id="title">The graph shown\/1\.0<\/title>[^]*<\/svg>\n$/);
  });

  it.each([
    ['echo', 404, 'Model \\"echo\\" Version \\"1.0\\" is no graph'],
    ['nobody', 404, 'Model not found: nobody'],
    ['shown/7', 404, '7'],
    ['shown', 400, 'format must be json or svg', 'format=png'],
    ['shown', 400, 'refresh must be at least 1', 'format=svg&refresh=0'],
  ])('is refused where there is none: %s, %i', async (path, status, message, query = '') => {
    const answer = await send(`${graphUrl(path)}?${query}`);
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(message)]);
  });
});
