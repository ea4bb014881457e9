/** KServe's own clients, which ask models and graphs of one daemon. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send } from '../helpers/http.ts';
import { missingPython, runPython } from '../helpers/python.ts';

const ECHO = `
  export default class Echo {
    handle(rows) {
      return rows.map((row) => row.data ?? row.body);
    }
    explain(rows) {
      return this.handle(rows);
    }
  }
`;
const missing = missingPython();

const WEIGHTS = [[1], [10], [100]];
const GRAPHS = {
  mean: { parallel: ['plain', 'matmul'], combine: 'mean' },
  lost: { sequence: ['matmul', 'idle'] },
};

const inferenceGraph = (name: string, routerType: string, steps: readonly object[]) => ({
  apiVersion: 'serving.kserve.io/v1alpha1',
  kind: 'InferenceGraph',
  metadata: { name },
  spec: { nodes: { root: { routerType, steps } } },
});

const APPLIED = [
  inferenceGraph('sequence', 'Sequence', [
    { serviceName: 'matmul', dependency: 'Hard' },
    { serviceName: 'idle', data: '$response' },
    { serviceName: 'double', data: '$response', dependency: 'Hard' },
  ]),
  inferenceGraph('switch', 'Switch', [{ serviceName: 'matmul', condition: 'instances.1', dependency: 'Hard' }]),
  inferenceGraph('ensemble', 'Ensemble', [
    { serviceName: 'matmul', dependency: 'Hard' },
    { serviceName: 'plain', name: 'plain', dependency: 'Hard' },
  ]),
  inferenceGraph('splitter', 'Splitter', [
    { serviceName: 'matmul', weight: 50 },
    { serviceName: 'plain', weight: 50 },
  ]),
];

describe.skipIf(missing !== undefined)(
  `KServe’s clients${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let daemon: Daemon;

    beforeAll(async () => {
      daemon = await startDaemon({
        fill: async (store) => {
          for (const name of ['echo', 'idle']) await addArchive(store, { name, source: ECHO });
          await addArchive(store, { name: 'matmul', model: matMulModel({ weights: WEIGHTS }) });
          await addArchive(store, { name: 'plain', model: matMulModel({ weights: [[1], [1], [1]] }) });
          await addArchive(store, { name: 'double', model: matMulModel({ weights: [[2]] }) });
          for (const [name, graph] of Object.entries(GRAPHS)) {
            await addArchive(store, { name, handler: 'graph', config: JSON.stringify({ graph }) });
          }
        },
      });
      await registerModels(daemon, ['echo', 'matmul', 'plain', 'double']);
      await registerModels(daemon, ['idle'], 'initial_workers=0');
      await registerModels(daemon, Object.keys(GRAPHS));
      for (const graph of APPLIED) {
        const { status, text } = await send(`${daemon.management}/graphs`, {
          method: 'POST',
          body: JSON.stringify(graph),
          headers: { 'content-type': 'application/json' },
        });
        if (status !== 200) throw new Error(`${graph.metadata.name} was not applied: ${text}`);
      }
    });

    afterAll(() => daemon?.close());

    it('are answered as by KServe, in V1', async () => {
      const said = await runPython('kserve_v1.py', { INFERENCE_URL: daemon.inference });
      expect(JSON.parse(said)).toEqual([[321], [654]]);
    });

    it('ask graphs of this server, and InferenceGraphs that were applied, in V1, V2 and over gRPC', async () => {
      const addresses = { INFERENCE_URL: daemon.inference, GRPC_INFERENCE: daemon.grpcInference };
      expect(await runPython('kserve_graph.py', addresses)).toBe('answered\n');
    });
  },
);
