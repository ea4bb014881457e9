import { describe, expect, it } from 'vitest';
import type { Row } from '../../handler.ts';
import { modelFolder } from '../../test-support/model-folder.ts';
import { testHandler } from '../../testing.ts';
import type { ShapExplanation } from './shap-explanation.ts';

interface Setting {
  readonly explainer: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, string>>;
  readonly handler: (rows: Row[] | null) => unknown[] | null;
}

type Named = Readonly<Record<'a' | 'b' | 'c', number>>;
const difference = ({ a, c }: Named): number => a - c;

async function outcome(rows: readonly unknown[], { explainer, files, handler }: Setting) {
  const modelDir = await modelFolder(files);
  return testHandler(handler, rows, { modelDir, modelConfig: { explainer }, operation: 'explain' });
}

async function explain(rows: readonly unknown[], setting: Setting): Promise<ShapExplanation[]> {
  const { results } = await outcome(rows, setting);
  return results.map((result) => {
    if (result instanceof Error) throw result;
    return (result as { explanations: ShapExplanation }).explanations;
  });
}

describe('whatever a model and a background are like', () => {
  const listsOf = (score: (row: readonly number[]) => unknown) => (rows: Row[] | null) =>
    rows && rows.map((row) => score((row.data ?? row.body) as number[]));
  const sum = (row: readonly number[]) => row.reduce((all, value) => all + value, 0);
  const setting = (
    background: readonly (readonly unknown[])[],
    score: (row: readonly number[]) => unknown,
    more = {},
  ) => ({
    explainer: { method: 'kernel_shap', background: 'b.json', ...more },
    files: { 'b.json': JSON.stringify(background) },
    handler: listsOf(score),
  });
  const METHODS = [{ method: 'kernel_shap' }, { method: 'permutation_shap', permutations: 1 }];

  it.each(METHODS)('features that are all the same add nothing: $method', async (more) => {
    const [found] = await explain([[1, 2]], setting([[1, 2]], sum, more));
    expect(found).toMatchObject({ outputs: [3], base_values: [3], values: [[0, 0]] });
  });

  it.each(METHODS)('one feature has all of it: $method', async (more) => {
    const [found] = await explain([[4]], setting([[1], [3]], sum, more));
    expect(found).toMatchObject({ outputs: [4], base_values: [2], values: [[2]] });
  });

  it('very many features are explained by permutation_shap', async () => {
    const ones = Array.from({ length: 2100 }, () => 1);
    const more = { method: 'permutation_shap', permutations: 1 };
    const [found] = await explain([ones], setting([ones.map(() => 0)], sum, more));
    expect(found?.values[0]?.every((value) => Math.abs(value - 1) < 1e-9)).toBe(true);
    await expect(explain([ones], setting([ones], sum))).rejects.toThrow(
      'kernel_shap: expected at most 2048 features, got 2100: permutation_shap explains models of more',
    );
  });

  it('more coalitions than there is room for are refused, unless there are not so many', async () => {
    const wide = Array.from({ length: 40 }, () => 1);
    await expect(explain([wide], setting([wide], sum, { samples: 10_000_000 }))).rejects.toThrow(
      'explainer.samples must be at most 838860, with 40 features, got 10000000',
    );
    const [found] = await explain([[1, 5]], setting([[0, 0]], sum, { samples: 10_000_000 }));
    expect(found?.values).toEqual([[expect.closeTo(1, 9), expect.closeTo(5, 9)]]);
  });

  it.each(METHODS)('a model that gives no number is told of: $method', async (more) => {
    const odd = (value: number) => (row: readonly number[]) => (row[0] === 7 ? value : sum(row));
    await expect(explain([[1, 2]], setting([[7, 1]], odd(NaN), more))).rejects.toThrow(
      'the model did not answer for the samples of b.json: Expected finite numbers of the model to explain, got NaN',
    );
    const { results } = await outcome([[7, 1]], setting([[1, 2]], odd(Infinity), more));
    expect(results).toMatchObject([
      { status: 400, message: expect.stringContaining('got Infinity as "0"') as unknown },
    ]);
  });

  it('values that are not there are values', async () => {
    const count = (row: readonly number[]) => row.filter((value) => Number.isNaN(value)).length;
    const { results } = await outcome([[1, 2]], {
      ...setting([], count),
      explainer: { method: 'kernel_shap', background: 'b.csv' },
      files: { 'b.csv': 'a,b\n,1\nNaN,2\n' },
    });
    expect(results).toMatchObject([
      { explanations: { base_values: [1], values: [[expect.closeTo(-1, 9), expect.closeTo(0, 9)]] } },
    ]);
  });

  it('columns of a background that has names are put into the order of the features', async () => {
    const named = (rows: Row[] | null) => rows && rows.map((row) => difference((row.data ?? row.body) as Named));
    const given = (csv: string) => ({
      explainer: { method: 'kernel_shap', background: 'b.csv', features: ['a', 'b', 'c'] },
      files: { 'b.csv': csv },
      handler: named,
    });
    const row = { body: { a: 5, b: 2, c: 1 } };
    const [found] = await explain([row], given('c,a,b\n9,1,2\n'));
    expect(found).toMatchObject({ feature_names: ['a', 'b', 'c'], base_values: [-8], outputs: [4] });
    await expect(explain([row], given('c,a,x\n9,1,2\n'))).rejects.toThrow(
      'b.csv: expected the columns a, b, c; got c, a, x',
    );
  });
});
