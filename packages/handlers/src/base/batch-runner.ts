/** Runs rows through a session: together where the model can take them so, one by one where it cannot. */
import type { HandlerLogger } from '../handler.ts';
import type { OnnxSession } from '../onnx-session.ts';
import { splitTensor, stackTensors, type NamedTensors, type Tensor } from '../tensor.ts';
import type { ModelRow } from './row-form.ts';
import { isSameOutput } from './same-output.ts';
import type { Stacking } from './stacking.ts';

type RowOutput = NamedTensors | Error;

export class BatchRunner {
  readonly #session: OnnxSession;
  readonly #logger: HandlerLogger;
  #stacking: Stacking;

  /** @param stacking whether rows may be merged, as far as that is known before the first batch */
  constructor(session: OnnxSession, stacking: Stacking, logger: HandlerLogger) {
    this.#session = session;
    this.#stacking = stacking;
    this.#logger = logger;
  }

  /** One output per row, in order; a row that the model cannot compute gets an Error, the others do not suffer. */
  async run(rows: readonly ModelRow[]): Promise<RowOutput[]> {
    const outputs: RowOutput[] = [];
    for (const group of groupMergeable(rows)) {
      const parts = await this.#runGroup(group.map((index) => rows[index] as ModelRow));
      group.forEach((index, position) => (outputs[index] = parts[position] as RowOutput));
    }
    return outputs;
  }

  async #runGroup(rows: readonly ModelRow[]): Promise<RowOutput[]> {
    if (rows.length === 1 || this.#stacking === 'never') return this.#runEach(rows);
    if (this.#stacking === 'untried') return this.#tryOut(rows);
    try {
      return await this.#runMerged(rows);
    } catch (error) {
      const outputs = await this.#runEach(rows);
      // Where a row fails alone too, it may be the only one to blame.
      if (!outputs.some(isError)) this.#neverAgain(String(error));
      return outputs;
    }
  }

  /** The first rows that could be merged are run both ways: only the model knows what its first axis is. */
  async #tryOut(rows: readonly ModelRow[]): Promise<RowOutput[]> {
    const outputs = await this.#runEach(rows);
    if (outputs.some(isError)) return outputs;
    try {
      const merged = await this.#runMerged(rows);
      const isSame = merged.every((row, index) => isSameOutput(row, outputs[index] as NamedTensors));
      if (isSame) this.#stacking = 'proven';
      else this.#neverAgain('rows that go through the model together get other results than one by one');
    } catch (error) {
      this.#neverAgain(String(error));
    }
    return outputs;
  }

  #neverAgain(reason: string): void {
    this.#stacking = 'never';
    this.#logger.warn('the model does not take several rows together; from now on they run one by one', { reason });
  }

  async #runEach(rows: readonly ModelRow[]): Promise<RowOutput[]> {
    const outputs: RowOutput[] = [];
    for (const row of rows) outputs.push(await this.#runOne(row));
    return outputs;
  }

  async #runOne({ inputs, isItem }: ModelRow): Promise<RowOutput> {
    try {
      const outputs = await this.#session.run(inputs);
      return isItem ? mapTensors(outputs, withoutBatchAxis) : outputs;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async #runMerged(rows: readonly ModelRow[]): Promise<NamedTensors[]> {
    const [first] = rows;
    const inputs = mapTensors(first?.inputs ?? {}, (_, name) =>
      stackTensors(rows.map((row) => row.inputs[name] as Tensor)),
    );
    return takeApart(await this.#session.run(inputs), rows);
  }
}

/** Indices of rows whose inputs differ in the first axis only, in which the inputs of each row agree; a group is one run. */
function groupMergeable(rows: readonly ModelRow[]): number[][] {
  const groups: number[][] = [];
  rows.forEach((row, index) => {
    const group = groups.find(([first]) => isMergeable(rows[first as number] as ModelRow, row));
    if (group === undefined) groups.push([index]);
    else group.push(index);
  });
  return groups;
}

function isMergeable(a: ModelRow, b: ModelRow): boolean {
  if (a.length === undefined || b.length === undefined) return false;
  for (const [name, { shape }] of Object.entries(a.inputs)) {
    const other = b.inputs[name]?.shape;
    if (other?.length !== shape.length) return false;
    for (let axis = 1; axis < shape.length; axis += 1) if (shape[axis] !== other[axis]) return false;
  }
  return true;
}

/** @throws RangeError when the first axis of an output is not that of the rows */
function takeApart(outputs: NamedTensors, rows: readonly ModelRow[]): NamedTensors[] {
  const sizes = rows.map(({ length }) => length as number);
  const results = rows.map((): Record<string, Tensor> => ({}));
  for (const [name, tensor] of Object.entries(outputs)) {
    splitTensor(tensor, sizes).forEach((part, index) => {
      const result = results[index] as Record<string, Tensor>;
      result[name] = rows[index]?.isItem === true ? withoutBatchAxis(part) : part;
    });
  }
  return results;
}

/** What came without a batch axis goes back without it. */
function withoutBatchAxis(tensor: Tensor): Tensor {
  return tensor.shape[0] === 1 ? { ...tensor, shape: tensor.shape.slice(1) } : tensor;
}

function mapTensors(tensors: NamedTensors, map: (tensor: Tensor, name: string) => Tensor): Record<string, Tensor> {
  const result: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) result[name] = map(tensor, name);
  return result;
}

function isError(output: RowOutput): output is Error {
  return output instanceof Error;
}
