import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { PROTOS } from '../helpers/grpc-client.ts';
import { missingPython, runPython } from '../helpers/python.ts';

const WEIGHTS = [
  [1, 0.1],
  [0.3, 1],
  [1, 1],
];
const missing = missingPython();

describe.skipIf(missing !== undefined)(
  `TorchServe's stubs${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let daemon: Daemon;

    beforeAll(async () => {
      daemon = await startDaemon({
        fill: (store) => addArchive(store, { name: 'matmul', model: matMulModel({ weights: WEIGHTS }) }),
      });
      await registerModels(daemon, ['matmul']);
    });

    afterAll(() => daemon.close());

    it('get over gRPC what REST answers', async () => {
      const { inference: INFERENCE_URL, grpcInference: GRPC_INFERENCE, grpcManagement: GRPC_MANAGEMENT } = daemon;
      const said = await runPython('torchserve_grpc.py', { PROTOS, INFERENCE_URL, GRPC_INFERENCE, GRPC_MANAGEMENT });
      expect(JSON.parse(said)).toEqual({
        health: 'Healthy',
        same: true,
        parts: 1,
        streamed: [
          ['matmul', 0],
          ['nobody', 5],
          ['matmul', 0],
        ],
        refused: ['NOT_FOUND', 'Model not found: nobody'],
        models: ['matmul'],
      });
    });
  },
);
