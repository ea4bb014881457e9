/** Routers of a graph in a server: what clients of each protocol are told of the route. */
import { tensor, type ResponseHead } from '@marserve/client';
import { createV2GrpcClient } from '@marserve/client/grpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addOneModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { sendJson } from '../helpers/http.ts';

const GRAPHS = {
  ab: { router: { old: 'one', new: 'one/1.0' }, policy: 'weighted', weights: { old: 0, new: 1 } },
};

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      await addArchive(store, { name: 'one', model: addOneModel() });
      for (const [name, graph] of Object.entries(GRAPHS)) {
        await addArchive(store, { name, handler: 'graph', config: JSON.stringify({ graph }) });
      }
    },
  });
  await registerModels(daemon, ['one', ...Object.keys(GRAPHS)]);
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
