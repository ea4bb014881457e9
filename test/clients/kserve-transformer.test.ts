import { describe, expect, it, onTestFinished } from 'vitest';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon } from '../helpers/daemon.ts';
import { missingPython, runPython } from '../helpers/python.ts';

const missing = missingPython();

describe.skipIf(missing !== undefined)(
  `A transformer of KServe’s package${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    it('is answered by a daemon as by its predictor, in V1, V2 and over gRPC', async () => {
      const daemon = await startDaemon({
        fill: (store) => addArchive(store, { name: 'price', model: HOUSE_PRICE }),
      });
      onTestFinished(() => daemon.close());
      await registerModels(daemon, ['price']);
      const said = await runPython('kserve_transformer.py', {
        REST_HOST: new URL(daemon.inference).host,
        GRPC_HOST: daemon.grpcInference,
      });
      const predictions = [499, 341];
      expect(JSON.parse(said)).toEqual({ v1: { predictions }, v2: { predictions }, 'grpc-v2': { predictions } });
    });
  },
);
