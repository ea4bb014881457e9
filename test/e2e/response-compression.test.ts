import { describe, expect, it } from 'vitest';
import { matMulModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon } from '../helpers/daemon.ts';

describe('response_compression', () => {
  it.each([
    ['true', 'gzip'],
    ['false', null],
  ])('%s answers who accepts gzip in %s', async (value, coding) => {
    const daemon = await startDaemon({
      config: { response_compression: value },
      fill: (store) => addArchive(store, { name: 'matmul', model: matMulModel({ weights: [[1], [2]] }) }),
    });
    try {
      await registerModels(daemon, ['matmul']);
      const { inputs } = (await (await fetch(`${daemon.inference}/v2/models/matmul`)).json()) as {
        inputs: { name: string }[];
      };
      const data = Array.from({ length: 2000 }, (_, index) => index);
      const response = await fetch(`${daemon.inference}/v2/models/matmul/infer`, {
        method: 'POST',
        headers: { 'accept-encoding': 'gzip' },
        body: JSON.stringify({ inputs: [{ name: inputs[0]?.name, datatype: 'FP32', shape: [1000, 2], data }] }),
      });
      expect([response.status, response.headers.get('content-encoding')]).toEqual([200, coding]);
      expect(await response.json()).toMatchObject({ outputs: [{ shape: [1000, 1] }] });
    } finally {
      await daemon.close();
    }
  });
});
