/** Models as scikit-learn, XGBoost, LightGBM and PyTorch export them: are their rows merged, and is each answer its own? */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { ModelRow } from '../base/row-form.ts';
import type { TensorSpec } from '../signature.ts';
import { createTensor, elementCount, type NamedTensors, type Tensor } from '../tensor/tensor.ts';
import { expectSameInBatches, openModel } from '../test-support/compositions.ts';
import { randomNumbers, type Random } from '../test-support/random.ts';

const FOLDER = new URL('../../../../test/fixtures/exports/', import.meta.url);
const EXPORTS = readdirSync(FOLDER).filter((name) => name.endsWith('.onnx'));

/** All others are proven. */
const APART: Readonly<Record<string, string>> = {
  'sklearn-neighbours.onnx': 'Scan "Sc_Scan"',
  'torch-centred-batch.onnx': 'ReduceMean "/ReduceMean"',
};

const WORDS = ['red', 'green', 'blue', 'good film', 'bad bad film'];

function randomTensor({ name, type, shape }: TensorSpec, random: Random, sizes: Map<string, number>): Tensor {
  const dims = shape.map((dim) => {
    if (typeof dim === 'number' && dim >= 0) return dim;
    const known = sizes.get(String(dim)) ?? 1 + random(3);
    return (sizes.set(String(dim), known), known);
  });
  const [, ...rest] = dims;
  const full = [sizes.get('rows') ?? 1, ...rest];
  const elements = Array.from({ length: elementCount(full) }, () => random(2000) / 100 - 10);
  if (type === 'string')
    return createTensor(
      type,
      full,
      elements.map(() => WORDS[random(WORDS.length)] as string),
    );
  if (type === 'int64')
    return createTensor(
      type,
      full,
      elements.map(() => (name === 'ids' ? random(20) : random(2) + 0)),
    );
  return createTensor(type, full, elements);
}

function randomRow(inputs: readonly TensorSpec[], random: Random): ModelRow {
  const length = random(4) === 0 ? 2 : 1;
  // Images keep one size, so that rows meet; sequences have two.
  const sizes = new Map([
    ['rows', length],
    ['h', 8],
    ['w', 8],
    ['sequence', 3 + random(2)],
    ['steps', 4],
  ]);
  const tensors: NamedTensors = Object.fromEntries(
    inputs.map((spec) => [spec.name, randomTensor(spec, random, sizes)]),
  );
  return { inputs: tensors, length, isItem: length === 1 && random(2) === 0 };
}

it.each(EXPORTS)('%s', async (name) => {
  const random = randomNumbers(11);
  const opened = await openModel(readFileSync(new URL(name, FOLDER)));
  const rows = Array.from({ length: 12 }, () => randomRow(opened.session.signature.inputs, random));
  const merging = await expectSameInBatches(opened, rows, { random, batches: 40 });
  const reason = APART[name];
  expect(merging).toEqual(reason === undefined ? { merged: 'proven' } : { apart: reason });
});
