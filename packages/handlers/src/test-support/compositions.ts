/** Runs the rows of a model alone and in batches put together at random. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { BatchRunner } from '../base/batch-runner.ts';
import { readGraphFacts } from '../base/graph-facts.ts';
import { isSameOutput } from '../base/same-output.ts';
import { mergePlan, type MergePlan } from '../base/merge-plan.ts';
import type { ModelRow } from '../base/row-form.ts';
import { openSession, type OnnxSession } from '../onnx/onnx-session.ts';
import type { RowMerging } from '../context/row-merging.ts';
import type { NamedTensors } from '../tensor/tensor.ts';
import { modelFolder } from './model-folder.ts';
import type { Random } from './random.ts';

export interface OpenedModel {
  readonly session: OnnxSession;
  readonly plan: MergePlan;
}

export async function openModel(model: Uint8Array): Promise<OpenedModel> {
  const path = join(await modelFolder({ 'model.onnx': model }), 'model.onnx');
  const session = await openSession(path, { logSeverityLevel: 4, intraOpNumThreads: 1 });
  return { session, plan: mergePlan(session.signature, readGraphFacts(path).proof, undefined) };
}

/**
 * Asserts that each row gets the answer that it gets alone, in each of many batches.
 * @returns whether rows were merged in the end, and why not
 */
export async function expectSameInBatches(
  { session, plan }: OpenedModel,
  rows: readonly ModelRow[],
  { random, batches }: { readonly random: Random; readonly batches: number },
): Promise<RowMerging> {
  const told: RowMerging[] = [];
  const alone = await new BatchRunner(session, { ...plan, start: 'apart' }, () => {}).run(rows);
  const runner = new BatchRunner(session, plan, (merging) => told.push(merging));
  for (let batch = 0; batch < batches; batch += 1) {
    const chosen = Array.from({ length: 2 + random(5) }, () => random(rows.length));
    const outputs = await runner.run(chosen.map((index) => rows[index] as ModelRow));
    outputs.forEach((output, place) => expectSame(output, alone[chosen[place] as number] as NamedTensors | Error));
  }
  return told.at(-1) as RowMerging;
}

function expectSame(actual: NamedTensors | Error, expected: NamedTensors | Error): void {
  if (actual instanceof Error || expected instanceof Error) expect(actual).toBeInstanceOf(expected.constructor);
  // Said in full where it is not so.
  else if (!isSameOutput(expected, actual)) expect(actual).toEqual(expected);
}
