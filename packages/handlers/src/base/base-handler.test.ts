import { describe, expect, it } from 'vitest';
import { addOneModel, matMulModel, weightBytes, zipMapModel } from '../../../../test/fixtures/onnx-models.ts';
import { hasSharedData, NEEDS_SHARED_DATA, SHARED_DATA } from '../../../../test/helpers/shared-data.ts';
import { BaseHandler, type RowInputs } from './base-handler.ts';
import type { HandlerContext, Row, RowResult } from '../handler.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { serve } from '../test-support/serve.ts';
import { createTensor, type NamedTensors } from '../tensor/tensor.ts';
import { testHandler } from '../testing.ts';

describe('a subclass', () => {
  it('may override every stage; each sees only the rows that are left, and their part of the context', async () => {
    const seen: string[][] = [];
    class Custom extends BaseHandler {
      override preprocess(rows: Row[]): RowInputs[] {
        return rows.map(({ body }) =>
          body === 'bad' ? new Error('bad row') : createTensor('float32', [2], [Number(body), 0]),
        );
      }
      override async inference(inputs: NamedTensors[], context: HandlerContext): Promise<(NamedTensors | Error)[]> {
        seen.push([...context.requestIds]);
        const outputs = await super.inference(inputs, context);
        return outputs.map((output, row) => (row === 0 ? new Error('not this one') : output));
      }
      override postprocess(outputs: NamedTensors[], context: HandlerContext): RowResult[] {
        seen.push([...context.requestIds]);
        context.setResponseStatus(201);
        return outputs.map(({ y }) => y?.data[0]);
      }
    }
    const modelDir = await modelFolder({ 'model.onnx': addOneModel() });
    const { results, responses } = await testHandler(Custom, ['1', 'bad', '3'], {
      modelDir,
      serializedFile: 'model.onnx',
    });
    expect(results).toEqual([new Error('not this one'), new Error('bad row'), 4]);
    expect(seen).toEqual([['test-0', 'test-2'], ['test-2']]);
    expect(responses.map(({ status }) => status)).toEqual([undefined, undefined, 201]);
  });

  it('is told when it gives the model what it cannot take', async () => {
    class Wrong extends BaseHandler {
      override preprocess(rows: Row[]): RowInputs[] {
        return rows.map(() => createTensor('float32', [3], [1, 2, 3]));
      }
    }
    const [error] = await serve(addOneModel(), [1], { handler: Wrong });
    expect(error).toMatchObject({
      name: 'HandlerError',
      message: expect.stringMatching(
        /^preprocess returned what the model cannot take\. Input "x": expected float32/,
      ) as string,
    });
  });

  it('is told when it gives the model an input that it does not have', async () => {
    class Wrong extends BaseHandler {
      override preprocess(rows: Row[]): RowInputs[] {
        const x = createTensor('float32', [2], [1, 2]);
        return rows.map(() => ({ x, extra: x }));
      }
    }
    const [error] = await serve(addOneModel(), [1], { handler: Wrong });
    expect(error).toMatchObject({
      name: 'HandlerError',
      message: expect.stringContaining('Unknown input "extra"') as string,
    });
  });

  it('is told when a stage loses rows', async () => {
    class Lossy extends BaseHandler {
      override postprocess(): RowResult[] {
        return [];
      }
    }
    await expect(serve(addOneModel(), [[1, 2]], { handler: Lossy })).rejects.toThrow('returned 0 entries for 1 row;');
  });

  it('is told when it forgets to initialize the base', async () => {
    class Forgetful extends BaseHandler {
      override async initialize(): Promise<void> {}
    }
    const [error] = await serve(addOneModel(), [[1, 2]], { handler: Forgetful });
    expect(error).toMatchObject({ message: expect.stringContaining('call super.initialize(context) first') as string });
  });
});

describe('initialize', () => {
  it('needs a model file', async () => {
    await expect(serve(addOneModel(), [], { serializedFile: undefined })).rejects.toThrow('--serialized-file');
  });

  it('uses the session options of the model config', async () => {
    await expect(serve(addOneModel(), [], { modelConfig: { onnx: { intraOpNumThreads: 'many' } } })).rejects.toThrow(
      'onnx.intraOpNumThreads must be an integer of at least 0, got "many"',
    );
    expect(await serve(addOneModel(), [[1, 2]], { modelConfig: { onnx: { intraOpNumThreads: 1 } } })).toEqual([[2, 3]]);
  });
});

describe('probabilities with labels', () => {
  it('come back by label', async () => {
    expect(await serve(zipMapModel(['cat', 'dog']), [[0, 0], [[0, 0]]])).toEqual([
      { label: 0, probabilities: { cat: 0.5, dog: 0.5 } },
      { label: [0], probabilities: [{ cat: 0.5, dog: 0.5 }] },
    ]);
  });

  it.skipIf(!hasSharedData)(`of a scikit-learn model${NEEDS_SHARED_DATA}`, async () => {
    const { results } = await testHandler(BaseHandler, [[5.1, 3.5, 1.4, 0.2]], {
      modelDir: SHARED_DATA,
      serializedFile: 'iris_svc.onnx',
    });
    const [{ output_label: label, output_probability: probability }] = results as [
      { output_label: number; output_probability: Record<string, number> },
    ];
    expect(label).toBe(0);
    expect(Object.keys(probability)).toEqual(['0', '1', '2']);
    expect(probability['0']).toBeGreaterThan(0.9);
  });
});

it('weights beside the model are found', async () => {
  const weights = [[1], [2]];
  const modelDir = await modelFolder({
    'model.onnx': matMulModel({ weights, external: 'w.bin' }),
    'w.bin': weightBytes(weights),
  });
  const { results } = await testHandler({ modelDir, handler: 'base_handler' }, [[3, 4]], {
    serializedFile: 'model.onnx',
  });
  expect(results).toEqual([[11]]);
});
