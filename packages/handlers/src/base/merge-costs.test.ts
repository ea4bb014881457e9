import { describe, expect, it } from 'vitest';
import { createTensor } from '../tensor/tensor.ts';
import { MergeCosts } from './merge-costs.ts';
import type { ModelRow } from './row-form.ts';

function rowsOf(bytes: number, count = 8): ModelRow[] {
  const x = createTensor('uint8', [1, bytes], new Uint8Array(bytes));
  return Array.from({ length: count }, () => ({ inputs: { x }, length: 1, isItem: false }));
}

/** Runs batches as it says, for as many milliseconds a row as are given. @returns how it ran each of them */
function decisions(rows: readonly ModelRow[], ms: { readonly merged: number; readonly alone: number }): string[] {
  const costs = new MergeCosts();
  return Array.from({ length: 30 }, (_, batch) => {
    const kind = costs.areMerged(rows) ? 'merged' : 'alone';
    // Now and then the machine is busy with something else.
    const took = rows.length * ms[kind] * (batch % 3 === 0 ? 5 : 1);
    if (kind === 'merged') costs.tookMerged(rows, took);
    else costs.tookAlone(rows, took);
    return kind;
  });
}

describe('rows that may be merged', () => {
  it('are merged when they are small, whatever their runs took', () => {
    expect(new Set(decisions(rowsOf(1000), { merged: 9, alone: 1 }))).toEqual(new Set(['merged']));
  });

  it.each([
    ['alone', 'that is quicker', { merged: 0.2, alone: 0.1 }],
    ['merged', 'that is quicker', { merged: 1, alone: 8 }],
    ['merged', 'both take as long', { merged: 1, alone: 1 }],
  ])('end up %s when they are large and %s', (kind, _, ms) => {
    const seen = decisions(rowsOf(100_000), ms);
    expect(new Set(seen)).toEqual(new Set(['merged', 'alone']));
    expect(new Set(seen.slice(-15))).toEqual(new Set([kind]));
  });

  it('are judged by what the model took for each byte, however large they are', () => {
    const costs = new MergeCosts();
    for (let run = 0; run < 8; run += 1) costs.tookMerged(rowsOf(100_000), 8);
    costs.tookAlone(rowsOf(800_000), 8);
    expect(costs.areMerged(rowsOf(100_000))).toBe(false);
    costs.tookMerged(rowsOf(800_000), 4);
    expect(costs.areMerged(rowsOf(100_000))).toBe(true);
  });
});
