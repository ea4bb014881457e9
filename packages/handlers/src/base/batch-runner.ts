/** Runs rows through a session: stacked where the model can take them together, one by one where it cannot. */
import type { OnnxSession } from '../onnx-session.ts';
import type { ModelSignature } from '../signature.ts';
import { splitTensor, stackTensors, type NamedTensors, type Tensor } from '../tensor.ts';
import { isDynamic } from '../tensor-spec.ts';
import type { ModelRow } from './row-form.ts';

/** Names that tf2onnx and PyTorch make up for dimensions nobody named. */
const MADE_UP = /^unk__\d+$|_dim_\d+$/;
/** Names of a first axis that is not a batch: stacking along it would mix the rows. */
const NOT_A_BATCH = /seq|time|step|token|len|frame|height|width/i;

/** Whether the first dimension of every input and output is dynamic and can be one and the same batch axis. */
export function isStackable({ inputs, outputs }: ModelSignature): boolean {
  const first = [...inputs, ...outputs].map(({ shape }) => shape[0]);
  const names = new Set(first.filter((dim) => typeof dim === 'string' && !MADE_UP.test(dim)) as string[]);
  return first.every(isDynamic) && names.size <= 1 && ![...names].some((name) => NOT_A_BATCH.test(name));
}

type RowOutput = NamedTensors | Error;

interface PlacedRow {
  readonly index: number;
  readonly row: ModelRow;
}

/**
 * One output per row, in order; a row that the model cannot compute gets an Error, the others do not suffer.
 * @param stack whether rows of the same shape go through the model together
 */
export async function runRows(session: OnnxSession, rows: readonly ModelRow[], stack: boolean): Promise<RowOutput[]> {
  const results: RowOutput[] = [];
  const placed = rows.map((row, index) => ({ row, index }));
  for (const group of stack ? groupByShape(placed) : placed.map((one) => [one])) {
    const outputs = await runGroup(
      session,
      group.map(({ row }) => row),
    );
    group.forEach(({ index }, position) => (results[index] = outputs[position] ?? new Error('the row got no output')));
  }
  return results;
}

/** Rows whose inputs differ in the batch axis only. */
function groupByShape(rows: readonly PlacedRow[]): PlacedRow[][] {
  const groups = new Map<string, PlacedRow[]>();
  for (const placed of rows) {
    const key = Object.values(placed.row.inputs)
      .map(({ shape }) => shape.slice(1).join())
      .join(';');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [placed]);
    else group.push(placed);
  }
  return [...groups.values()];
}

async function runGroup(session: OnnxSession, rows: readonly ModelRow[]): Promise<RowOutput[]> {
  const stacked = rows.length > 1 ? await runStacked(session, rows) : undefined;
  if (stacked !== undefined) return stacked;
  const outputs: RowOutput[] = [];
  for (const row of rows) outputs.push(await runOne(session, row));
  return outputs;
}

/** Undefined when the model did not take the rows together: one of them may be to blame. */
async function runStacked(session: OnnxSession, rows: readonly ModelRow[]): Promise<RowOutput[] | undefined> {
  const lengths = rows.map(({ length }) => length);
  try {
    const outputs = await session.run(stackRows(rows));
    const parts = Object.entries(outputs).map(([name, tensor]) => [name, splitTensor(tensor, lengths)] as const);
    return rows.map((row, index) =>
      rowOutput(row, Object.fromEntries(parts.map(([name, tensors]) => [name, tensors[index] as Tensor]))),
    );
  } catch {
    return undefined;
  }
}

function stackRows(rows: readonly ModelRow[]): Record<string, Tensor> {
  const names = Object.keys(rows[0]?.inputs ?? {});
  return Object.fromEntries(
    names.map((name) => [name, stackTensors(rows.map(({ inputs }) => inputs[name] as Tensor))]),
  );
}

async function runOne(session: OnnxSession, row: ModelRow): Promise<RowOutput> {
  try {
    return rowOutput(row, await session.run(row.inputs));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** What came without a batch axis goes back without it. */
function rowOutput({ isItem }: ModelRow, outputs: NamedTensors): NamedTensors {
  if (!isItem) return outputs;
  const items = Object.entries(outputs).map(([name, tensor]) => [
    name,
    tensor.shape[0] === 1 ? withoutBatchAxis(tensor) : tensor,
  ]);
  return Object.fromEntries(items) as NamedTensors;
}

function withoutBatchAxis(tensor: Tensor): Tensor {
  return { ...tensor, shape: tensor.shape.slice(1) };
}
