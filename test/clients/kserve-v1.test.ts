import { describe, expect, it, onTestFinished } from 'vitest';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon } from '../helpers/daemon.ts';
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

describe.skipIf(missing !== undefined)(
  `KServe’s client${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    it('is answered as by KServe, in V1', async () => {
      const weights = [[1], [10], [100]];
      const daemon = await startDaemon({
        fill: async (store) => {
          await addArchive(store, { name: 'echo', source: ECHO });
          await addArchive(store, { name: 'idle', source: ECHO });
          await addArchive(store, { name: 'matmul', model: matMulModel({ weights }) });
        },
      });
      onTestFinished(() => daemon.close());
      await registerModels(daemon, ['echo', 'matmul']);
      await registerModels(daemon, ['idle'], 'initial_workers=0');
      const said = await runPython('kserve_v1.py', { INFERENCE_URL: daemon.inference });
      expect(JSON.parse(said)).toEqual([[321], [654]]);
    });
  },
);
