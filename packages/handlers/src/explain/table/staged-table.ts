/** A table whose model a handler made of stages runs: samples are the columns of its inputs. */
import type { HandlerContext } from '../../handler.ts';
import { PredictionError } from '../../prediction-error.ts';
import type { ModelSignature, TensorSpec } from '../../signature.ts';
import { formatSpecs } from '../../tensor/tensor-spec.ts';
import { createTensor, isTensor, type NamedTensors, type Tensor } from '../../tensor/tensor.ts';
import { valueText } from '../../tensor/tensor-json.ts';
import { floatValues } from '../../tensor/tensor-values.ts';
import type { Cell } from '../background/weighted-samples.ts';
import { scoresOf } from '../scores.ts';
import { MODEL_SIGNATURE, type StagedHandler } from '../staged-handler.ts';
import type { Table, TableRow, TableScores } from './table.ts';

/** @param output see `scoresOf` @throws Error for a model whose inputs are no tables */
export function stagedTable(handler: StagedHandler, output?: string): Table {
  const { inputs } = handler[MODEL_SIGNATURE];
  if (inputs.length === 0 || inputs.some(({ shape }) => shape.length < 1 || shape.length > 2)) {
    throw new Error(
      `explainer: expected a model of tables, whose inputs have 1 or 2 dimensions; got ${formatSpecs(inputs)}. ` +
        'For images there are occlusion and lime_image',
    );
  }
  const widths = inputs.map(widthOf);
  return {
    isRemote: false,
    featureNames:
      inputs.length > 1 && widths.every((width) => width === 1) ? inputs.map(({ name }) => name) : undefined,
    featureCount: widths.includes(undefined) ? undefined : widths.reduce<number>((sum, width) => sum + (width ?? 0), 0),
    async read(rows, context) {
      const entries = await handler.preprocess(rows, context);
      return entries.map((entry) => (entry instanceof Error ? entry : readInputs(entry, inputs)));
    },
    predict: (samples, context) => predict(handler, { samples, output }, context),
  };
}

/** Undefined for a dynamic one. */
function widthOf({ shape: [, width = 1] }: TensorSpec): number | undefined {
  return typeof width === 'number' && width > 0 ? width : undefined;
}

function readInputs(given: Tensor | NamedTensors, inputs: readonly TensorSpec[]): TableRow | Error {
  const tensors = isTensor(given) ? { [inputs[0]?.name ?? '']: given } : given;
  const columns = inputs.flatMap((spec) => columnsOf(tensors[spec.name] as Tensor, spec));
  const [count = 0] = columns.map(({ length }) => length);
  if (count === 0 || columns.some(({ length }) => length !== count)) {
    return new PredictionError('Expected samples to explain: as many values of each feature, and one at least', 400);
  }
  const items = Array.from({ length: count }, (_, sample) => ({
    cells: columns.map((column) => column[sample] ?? NaN),
  }));
  const isBatch = inputs.some(({ name, shape }) => tensors[name]?.shape.length === shape.length);
  return { items, isBatch };
}

/** A tensor that lacks the batch axis is one sample. */
function columnsOf(tensor: Tensor, { shape }: TensorSpec): Cell[][] {
  const isItem = tensor.shape.length < shape.length;
  const width = shape.length === 1 ? 1 : (tensor.shape.at(-1) ?? 1);
  const cells: readonly Cell[] = tensor.type === 'string' ? (tensor.data as string[]) : floatValues(tensor);
  const count = isItem ? 1 : (tensor.shape[0] ?? 0);
  return Array.from({ length: width }, (_, column) =>
    Array.from({ length: count }, (_, sample) => cells[sample * width + column] ?? NaN),
  );
}

interface Asked {
  readonly samples: readonly (readonly Cell[])[];
  readonly output: string | undefined;
}

async function predict(handler: StagedHandler, { samples, output }: Asked, row: HandlerContext): Promise<TableScores> {
  const context = row.forRows(samples.map(() => 0));
  const signature = handler[MODEL_SIGNATURE];
  const outputs = good(
    await handler.inference(
      samples.map((sample) => inputsOf(sample, signature)),
      context,
    ),
  );
  const scores = good(await handler.postprocess(outputs, context)).map((answer) => scoresOf(answer, output));
  return { names: scores[0]?.names ?? [], values: scores.map(({ values }) => values) };
}

function inputsOf(sample: readonly Cell[], { inputs }: ModelSignature): NamedTensors {
  const tensors: Record<string, Tensor> = {};
  let first = 0;
  for (const spec of inputs) {
    const width = widthOf(spec) ?? sample.length;
    const shape = spec.shape.length === 1 ? [1] : [1, width];
    tensors[spec.name] = createTensor(spec.type, shape, cellsOf(sample.slice(first, first + width), spec));
    first += width;
  }
  return tensors;
}

function cellsOf(cells: readonly Cell[], { name, type }: TensorSpec): readonly string[] | readonly number[] {
  if (type === 'string') return cells.map(String);
  const text = cells.find((cell) => typeof cell === 'string');
  if (text !== undefined) throw new Error(`"${name}" takes numbers (${type}), got the text ${valueText(text)}`);
  return cells.map(Number);
}

function good<T>(entries: readonly (T | Error)[]): T[] {
  const failed = entries.find((entry) => entry instanceof Error);
  if (failed !== undefined) throw failed;
  return entries as T[];
}
