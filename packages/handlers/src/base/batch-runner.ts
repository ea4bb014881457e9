/** Runs rows through a session: together where that cannot change an answer, one by one where it could. */
import type { OnnxSession } from '../onnx/onnx-session.ts';
import { splitTensor, stackTensors, type NamedTensors, type Tensor } from '../tensor/tensor.ts';
import type { RowMerging } from '../context/row-merging.ts';
import { informativeRows } from './informative-rows.ts';
import { MergeCosts } from './merge-costs.ts';
import type { MergePlan } from './merge-plan.ts';
import { groupMergeable } from './mergeable-rows.ts';
import { MergingState } from './merging-state.ts';
import type { ModelRow } from './row-form.ts';
import { isSameOutput } from './same-output.ts';
import { shapesError } from './shapes-error.ts';

type RowOutput = NamedTensors | Error;

const DIFFERENT = 'rows that go through the model together get other results than one by one';

/** Runs the batches of one loaded model. */
export class BatchRunner {
  readonly #session: OnnxSession;
  readonly #state: MergingState;
  readonly #itemOutputs: ReadonlySet<string>;
  /** Undefined where somebody asked for merged rows. */
  readonly #costs: MergeCosts | undefined;

  /** @param onChange is told at once whether rows are merged, and whenever that changes */
  constructor(session: OnnxSession, plan: MergePlan, onChange: (merging: RowMerging) => void) {
    this.#session = session;
    this.#itemOutputs = plan.itemOutputs;
    this.#state = new MergingState(plan, onChange);
    this.#costs = plan.start === 'asked' ? undefined : new MergeCosts();
  }

  /** One output per row, in order; a row that the model cannot compute gets an Error, the others do not suffer. */
  async run(rows: readonly ModelRow[]): Promise<RowOutput[]> {
    const outputs: RowOutput[] = [];
    for (const group of groupMergeable(rows, this.#session.signature)) {
      const parts = await this.#runGroup(group.map((index) => rows[index] as ModelRow));
      group.forEach((index, position) => (outputs[index] = parts[position] as RowOutput));
    }
    return outputs;
  }

  async #runGroup(rows: readonly ModelRow[]): Promise<RowOutput[]> {
    if (rows.length === 1) return this.#runEach(rows);
    if (this.#state.isOnTrial) return this.#tryOut(rows);
    if (!this.#state.isMerged || this.#costs?.areMerged(rows) === false) return this.#runEach(rows);
    try {
      return await this.#check(rows, await this.#runMerged(rows));
    } catch (error) {
      const outputs = await this.#runEach(rows);
      // Where a row fails alone too, it may be the only one to blame.
      if (!outputs.some(isError)) this.#state.disagree(String(error));
      return outputs;
    }
  }

  /** Answers are those of the rows alone; informative ones also go through the model together, in several ways. */
  async #tryOut(rows: readonly ModelRow[]): Promise<RowOutput[]> {
    const outputs = await this.#runEach(rows);
    if (outputs.some(isError)) return outputs;
    const alone = outputs as NamedTensors[];
    const chosen = informativeRows(rows, alone);
    if (chosen.length < 2) return outputs;
    try {
      for (const composition of compositions(chosen)) {
        const merged = await this.#runMerged(composition.map((index) => rows[index] as ModelRow));
        const isSame = merged.every((output, place) => isSameOutput(alone[composition[place] as number] ?? {}, output));
        if (!isSame) return (this.#state.disagree(DIFFERENT), outputs);
      }
      this.#state.agree();
    } catch (error) {
      this.#state.disagree(String(error));
    }
    return outputs;
  }

  /** Now and then, one row of those that trials allowed to merge runs alone as well; its answer is that one. */
  async #check(rows: readonly ModelRow[], merged: NamedTensors[]): Promise<RowOutput[]> {
    const index = this.#state.nextCheck(rows.length);
    if (index === undefined) return merged;
    const alone = await this.#runOne(rows[index] as ModelRow);
    if (!isError(alone) && isSameOutput(alone, merged[index] as NamedTensors)) return merged.with(index, alone);
    this.#state.disagree(DIFFERENT);
    return this.#runEach(rows);
  }

  async #runEach(rows: readonly ModelRow[]): Promise<RowOutput[]> {
    const startedAt = performance.now();
    const outputs: RowOutput[] = [];
    for (const row of rows) outputs.push(await this.#runOne(row));
    this.#costs?.tookAlone(rows, performance.now() - startedAt);
    return outputs;
  }

  async #runOne(row: ModelRow): Promise<RowOutput> {
    try {
      const outputs = await this.#session.run(row.inputs);
      return mapTensors(outputs, (tensor, name) => this.#inFormOf(row, tensor, name));
    } catch (error) {
      return shapesError(error, row.inputs) ?? (error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #runMerged(rows: readonly ModelRow[]): Promise<NamedTensors[]> {
    const startedAt = performance.now();
    const [first] = rows;
    const inputs = mapTensors(first?.inputs ?? {}, (_, name) =>
      stackTensors(rows.map((row) => row.inputs[name] as Tensor)),
    );
    const outputs = this.#takeApart(await this.#session.run(inputs), rows);
    this.#costs?.tookMerged(rows, performance.now() - startedAt);
    return outputs;
  }

  /** @throws RangeError when the first axis of an output is not that of the rows */
  #takeApart(outputs: NamedTensors, rows: readonly ModelRow[]): NamedTensors[] {
    const sizes = rows.map(({ length }) => length as number);
    const results = rows.map((): Record<string, Tensor> => ({}));
    for (const [name, tensor] of Object.entries(outputs)) {
      splitTensor(tensor, sizes).forEach((part, index) => {
        const result = results[index] as Record<string, Tensor>;
        result[name] = this.#inFormOf(rows[index] as ModelRow, part, name);
      });
    }
    return results;
  }

  /** What came without a batch axis goes back without it. */
  #inFormOf({ isItem }: ModelRow, tensor: Tensor, name: string): Tensor {
    const isDropped = isItem && this.#itemOutputs.has(name) && tensor.shape[0] === 1;
    return isDropped ? { ...tensor, shape: tensor.shape.slice(1) } : tensor;
  }
}

/** In their order, the other way round, and two of many. */
function compositions(rows: readonly number[]): readonly (readonly number[])[] {
  const pair = [rows.at(-1) as number, rows[0] as number];
  return [rows, [...rows].reverse(), ...(rows.length > 2 ? [pair] : [])];
}

function mapTensors(tensors: NamedTensors, map: (tensor: Tensor, name: string) => Tensor): Record<string, Tensor> {
  const result: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) result[name] = map(tensor, name);
  return result;
}

function isError(output: RowOutput): output is Error {
  return output instanceof Error;
}
