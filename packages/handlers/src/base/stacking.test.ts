import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildModel, type OnnxDim } from '../../../../test/fixtures/onnx-builder.ts';
import { openSession } from '../onnx-session.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { stackingOf, type Stacking } from './stacking.ts';

/** y = x; the first dimensions of input and output have names of their own. */
function renamingModel(input: OnnxDim, output: OnnxDim): Buffer {
  return buildModel({
    inputs: [{ name: 'x', type: 'float32', shape: [input, 1] }],
    outputs: [{ name: 'y', type: 'float32', shape: [output, 1] }],
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
  });
}

describe('stackingOf', () => {
  it.each<[OnnxDim, OnnxDim, Stacking]>([
    ['batch', 'batch', 'proven'],
    ['batch_size', 'batch_size', 'proven'],
    ['N', 'N', 'proven'],
    [-1, -1, 'untried'],
    ['s0', 's0', 'untried'],
    // ONNX Runtime finds out itself that the output has the input's.
    ['batch', -1, 'proven'],
    [-1, 'batch', 'untried'],
    ['unk__1', 'unk__2', 'untried'],
    ['N', 'Gemmoutput_dim_0', 'untried'],
    ['rows', 'columns', 'never'],
    ['sequence', 'sequence', 'never'],
    [1, 1, 'never'],
    ['batch', 1, 'never'],
  ])('for first dimensions %s and %s: %s', async (input, output, expected) => {
    const modelDir = await modelFolder({ 'model.onnx': renamingModel(input, output) });
    const session = await openSession(join(modelDir, 'model.onnx'), { logSeverityLevel: 4 });
    expect(stackingOf(session.signature)).toBe(expected);
  });

  it('is never for a model without inputs', () => {
    expect(stackingOf({ inputs: [], outputs: [{ name: 'y', type: 'float32', shape: [-1] }] })).toBe('never');
  });
});
