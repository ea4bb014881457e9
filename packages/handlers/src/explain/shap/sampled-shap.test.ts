import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { BaseHandler } from '../../base/base-handler.ts';
import type { Row } from '../../handler.ts';
import { modelFolder } from '../../test-support/model-folder.ts';
import { testHandler, type TestedHandler } from '../../testing.ts';
import { TabularClassifier } from '../../tabular/tabular-classifier.ts';
import type { ShapExplanation } from './shap-explanation.ts';

const FIXTURES = new URL('../../../../../test/fixtures/explainers/', import.meta.url);

async function json<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(name, FIXTURES), 'utf8')) as T;
}

interface Samples {
  readonly rows: readonly number[][];
  readonly background: readonly number[][];
}

interface Expected {
  readonly base_values: readonly number[];
  /** [row][output][feature] */
  readonly kernel: readonly number[][][];
  readonly permutation: Expected['kernel'];
  readonly exact: Expected['kernel'];
}

interface Setting {
  readonly explainer: Readonly<Record<string, unknown>>;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly handler?: TestedHandler;
}

async function outcome(rows: readonly unknown[], { explainer, files, handler = TabularClassifier }: Setting) {
  const modelDir = await modelFolder(files);
  return testHandler(handler, rows, {
    modelDir,
    serializedFile: 'model.onnx',
    modelConfig: { explainer },
    operation: 'explain',
  });
}

async function explain(rows: readonly unknown[], setting: Setting): Promise<ShapExplanation[]> {
  const { results } = await outcome(rows, setting);
  return results.map((result) => {
    if (result instanceof Error) throw result;
    return (result as { explanations: ShapExplanation }).explanations;
  });
}

async function fixture(name: string) {
  const [samples, expected] = [await json<Samples>(`${name}.json`), await json<Expected>(`${name}-sampled.json`)];
  const files = {
    'model.onnx': await readFile(new URL(`${name}.onnx`, FIXTURES)),
    'background.json': JSON.stringify(samples.background),
  };
  return { ...samples, expected, files };
}

/** Of the range that the expected values have. */
function furthest(found: readonly ShapExplanation[], expected: Expected['kernel']): number {
  const all = expected.flat(2);
  const range = Math.max(...all) - Math.min(...all);
  const differences = found.flatMap(({ values }, row) =>
    values.flatMap((features, output) =>
      features.map((value, feature) => Math.abs(value - (expected[row]?.[output]?.[feature] ?? NaN))),
    ),
  );
  return Math.max(...differences) / range;
}

function sumsUp({ values, base_values: bases, outputs }: ShapExplanation): void {
  values.forEach((features, output) => {
    const sum = features.reduce((all, value) => all + value, bases[output] ?? NaN);
    expect(sum).toBeCloseTo(outputs[output] ?? NaN, 9);
  });
}

describe.each(['iris-forest', 'boosting-12'])('the values of %s', (name) => {
  it.each([
    ['kernel_shap', { samples: 2000 }, 0.02, 0.02],
    ['permutation_shap', { permutations: 10 }, 0.1, 0.1],
    ['permutation_shap', { permutations: 40 }, 0.1, 0.02],
  ] as const)('by %s %j are those of the Python package shap', async (method, options, near, exact) => {
    const { rows, expected, files } = await fixture(name);
    const found = await explain(rows, {
      explainer: { method, background: 'background.json', seed: 5, ...options },
      files,
    });
    expect(furthest(found, method === 'kernel_shap' ? expected.kernel : expected.permutation)).toBeLessThan(near);
    expect(furthest(found, expected.exact)).toBeLessThan(exact);
    found.forEach(sumsUp);
    found[0]?.base_values.forEach((value, output) => expect(value).toBeCloseTo(expected.base_values[output] ?? NaN, 6));
  });
});

describe('a seed', () => {
  it.each(['kernel_shap', 'permutation_shap'])('gives the same answer of %s, another one another', async (method) => {
    const { rows, files } = await fixture('boosting-12');
    const withSeed = (seed: number) =>
      explain(rows.slice(0, 1), { explainer: { method, background: 'background.json', clusters: 3, seed }, files });
    const [one, again, other] = [await withSeed(1), await withSeed(1), await withSeed(2)];
    expect(again).toEqual(one);
    expect(other[0]?.values).not.toEqual(one[0]?.values);
    expect(other[0]?.seed).toBe(2);
    [...one, ...other].forEach(sumsUp);
  });
});

/** The worth of a house is what its town is worth, times its size, and something for the garden. */
const TOWNS: Readonly<Record<string, number>> = { Ulm: 2, Bonn: 3, Kiel: 5 };
const worth = ({ town, size, garden }: Readonly<Record<string, unknown>>) =>
  (TOWNS[String(town)] ?? NaN) * Number(size) + (garden === 'yes' ? 7 : 0);
const houses = (rows: Row[] | null) =>
  rows && rows.map((row) => worth((row.data ?? row.body) as Record<string, unknown>));
const HOUSES = 'town,size,garden\nUlm,10,yes\nBonn,20,no\nKiel,30,no\nBonn,10,yes\n';

describe('a handler of any kind, whose features are categories and numbers,', () => {
  const explainer = { features: ['town', 'size', 'garden'], background: 'houses.csv' };
  const files = { 'houses.csv': HOUSES };
  const house = { town: 'Kiel', size: 10, garden: 'yes' };
  const background = [
    ['Ulm', 10, 'yes'],
    ['Bonn', 20, 'no'],
    ['Kiel', 30, 'no'],
    ['Bonn', 10, 'yes'],
  ] as const;

  /** By the definition, over all orders of three features. */
  function byDefinition(): number[] {
    const cells = ['Kiel', 10, 'yes'] as const;
    const mean = (known: readonly number[]) =>
      background
        .map((other) => other.map((cell, index) => (known.includes(index) ? cells[index] : cell)))
        .map(([town, size, garden]) => worth({ town, size, garden }))
        .reduce((sum, value) => sum + value / background.length, 0);
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    return [0, 1, 2].map((feature) =>
      orders.reduce((sum, order) => {
        const before = order.slice(0, order.indexOf(feature));
        return sum + (mean([...before, feature]) - mean(before)) / orders.length;
      }, 0),
    );
  }

  it.each([
    ['kernel_shap', {}],
    ['permutation_shap', { permutations: 2000 }],
  ])('is explained by %s', async (method, more) => {
    const [found] = await explain([{ body: house }], {
      explainer: { ...explainer, ...more, method },
      files,
      handler: houses,
    });
    expect(found).toMatchObject({
      data: ['Kiel', 10, 'yes'],
      feature_names: ['town', 'size', 'garden'],
      output_names: ['0'],
      outputs: [57],
    });
    const expected = byDefinition();
    found?.values[0]?.forEach((value, feature) =>
      expect(value).toBeCloseTo(expected[feature] ?? NaN, method === 'kernel_shap' ? 6 : 0),
    );
    sumsUp(found as ShapExplanation);
  });

  it('gets lists where no features are named', async () => {
    const lists = (rows: Row[] | null) =>
      rows && rows.map((row) => (row.data ?? row.body) as number[]).map(([a = 0, b = 0]) => [a * b, a]);
    const setting = {
      explainer: { method: 'kernel_shap', background: 'b.json' },
      files: { 'b.json': '[[1, 1], [3, 2]]' },
      handler: lists,
    };
    const found = await explain([[2, 4]], setting);
    expect(found).toMatchObject([{ feature_names: ['f0', 'f1'], outputs: [8, 2], base_values: [3.5, 2] }]);
    sumsUp(found[0] as ShapExplanation);
  });

  it('refuses rows that are no samples', async () => {
    const setting = { explainer: { ...explainer, method: 'kernel_shap' }, files, handler: houses };
    const { results } = await outcome([{ body: { town: 'Ulm' } }, { body: [1] }], setting);
    expect(results).toMatchObject([
      {
        status: 400,
        message: expect.stringContaining('a list of 3 numbers and texts, or an object of town, size, garden') as string,
      },
      { status: 400, message: 'Expected samples of 3 features to explain, got 1' },
    ]);
  });
});

describe('a model is not loaded', () => {
  const load = async (more: object, background: string, handler: TestedHandler = TabularClassifier) => {
    const { files } = await fixture('iris-forest');
    const explainer = { method: 'kernel_shap', background: 'b.json', ...more };
    return outcome([], { explainer, files: { ...files, 'b.json': background }, handler }).then(
      () => undefined,
      (error: Error) => error.message,
    );
  };

  it.each([
    [
      'without a background',
      { background: null },
      '[]',
      'explainer.background must be a file of samples, for kernel_shap',
    ],
    [
      'with texts for numbers',
      {},
      '[[1, 2, 3, "x"]]',
      'the model did not answer for the samples of b.json: "X" takes numbers (float32), got the text "x"',
    ],
    [
      'with another number of columns',
      {},
      '[[1, 2, 3]]',
      'b.json: expected 4 columns, one for each feature; sample 1 has 3',
    ],
    [
      'with an output that there is not',
      { output: 'logits' },
      '[[1, 2, 3, 4]]',
      'explainer.output: the answer has no "logits"',
    ],
    [
      'with samples of none',
      { samples: 1 },
      '[[1, 2, 3, 4]]',
      'explainer.samples must be an integer of at least 2, got 1',
    ],
  ])('%s', async (_, more, background, problem) => {
    expect(await load(more, background)).toContain(problem);
  });

  it('whose answers are no numbers', async () => {
    const handler = (rows: Row[] | null) => rows && rows.map(() => 'yes');
    expect(await load({}, '[[1]]', handler)).toContain('Expected an answer with numbers to explain');
  });
});

it('the answer of base_handler is explained as well, and its part by name', async () => {
  const { rows, files } = await fixture('iris-forest');
  const setting = { explainer: { method: 'kernel_shap', background: 'background.json' }, files, handler: BaseHandler };
  const [found] = await explain(rows.slice(0, 1), setting);
  expect(found?.output_names).toEqual(['0', '1', '2']);
  const named = await explain(rows.slice(0, 1), {
    ...setting,
    explainer: { ...setting.explainer, output: 'probabilities' },
  });
  expect(named).toEqual([found]);
});
