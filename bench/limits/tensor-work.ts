/** What a loop does with tensors. */
import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { flatten, nest, type Nested } from '../models/nested.ts';
import { sampleRow, type BenchModel } from '../models/models.ts';

/** One turn of a loop. */
export interface Work {
  /** Computes so many rows; resolves with what makes the answer of the first, in the form in which the server gives it. */
  batch(size: number): Promise<() => unknown>;
}

/** Runs a tensor that is ready. */
export function createRunWork(session: InferenceSession, model: BenchModel): Work {
  const row = sampleRow(model);
  const stacks = new Map<number, Tensor>();
  return {
    async batch(size) {
      const stacked = stacks.get(size) ?? stack(row, model, size);
      stacks.set(size, stacked);
      return run(session, stacked);
    },
  };
}

/** Parses the text of nested arrays first, as a server has to. */
export function createJsonWork(session: InferenceSession, model: BenchModel): Work {
  const row = sampleRow(model);
  const text = Buffer.from(JSON.stringify(nest(row, model.inputShape)));
  return {
    async batch() {
      const values = new Float32Array(row.length);
      flatten(JSON.parse(text.toString('utf8')) as Nested, values);
      return run(session, new Tensor('float32', values, [1, ...model.inputShape]));
    },
  };
}

function stack(row: Float32Array, { inputShape }: BenchModel, size: number): Tensor {
  const data = new Float32Array(row.length * size);
  for (let index = 0; index < size; index += 1) data.set(row, index * row.length);
  return new Tensor('float32', data, [size, ...inputShape]);
}

async function run(session: InferenceSession, x: Tensor): Promise<() => unknown> {
  const { y } = await session.run({ x });
  const output = y as Tensor;
  return () => Array.from(output.data as Float32Array).slice(0, output.size / (output.dims[0] ?? 1));
}
