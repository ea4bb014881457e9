import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../handler.ts';
import { modelFolder } from '../../test-support/model-folder.ts';
import { testHandler, type TestedHandler } from '../../testing.ts';
import type { Cell } from '../background/weighted-samples.ts';
import { SeededRandom } from '../random.ts';
import { drawSamples } from './anchor-samples.ts';
import { lowerBound, upperBound } from './bernoulli-bounds.ts';
import { findAnchor, type AnchorProblem } from './find-anchor.ts';
import { holds, predicatesOf, ruleText, rulesOf } from './predicate.ts';

const FIXTURES = new URL('../../../../../test/fixtures/explainers/', import.meta.url);

interface Expected {
  readonly data: readonly number[][];
  readonly found: readonly {
    readonly row: number[];
    readonly anchor: string[];
    readonly precision: number;
    readonly coverage: number;
  }[];
}

interface Explanation {
  readonly data: readonly Cell[];
  readonly prediction: string;
  readonly anchor: readonly string[];
  readonly rules: readonly { readonly feature: string; readonly above?: number; readonly at_most?: number }[];
  readonly precision: number;
  readonly coverage: number;
  readonly is_precise: boolean;
  readonly seed: number;
}

const ANCHORS = JSON.parse(await readFile(new URL('anchors.json', FIXTURES), 'utf8')) as Record<string, Expected>;

interface Setting {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly explainer?: object;
  readonly handler?: TestedHandler;
}

async function explain(
  rows: readonly unknown[],
  { files, explainer, handler = { handler: 'tabular_classifier', modelDir: '' } }: Setting,
) {
  const modelDir = await modelFolder(files);
  const modelConfig = { explainer: { method: 'anchors', background: 'data.json', ...explainer } };
  const { results } = await testHandler(handler, rows, {
    modelDir,
    serializedFile: 'model.onnx',
    modelConfig,
    operation: 'explain',
  });
  return results.map((result) => {
    if (result instanceof Error) throw result;
    return (result as { explanations: Explanation }).explanations;
  });
}

async function filesOf(name: string) {
  const { data = [] } = ANCHORS[name] ?? {};
  return { 'model.onnx': await readFile(new URL(`${name}.onnx`, FIXTURES)), 'data.json': JSON.stringify(data) };
}

/** The conditions of a sample that alibi's texts, of two decimals, name. */
function conditionsOf(anchor: readonly string[], sample: readonly number[], data: readonly number[][]) {
  const texts = new Set(
    anchor.flatMap((text) => {
      const [, above, feature = '', atMost] = /^(?:(\S+) < )?(f\d+)(?: <= (\S+))?$/.exec(text) ?? [];
      const [, only = '', more] = /^(f\d+) > (\S+)$/.exec(text) ?? [];
      return [
        ...(above === undefined ? [] : [`${feature} above ${above}`]),
        ...(atMost === undefined ? [] : [`${feature} at most ${atMost}`]),
        ...(more === undefined ? [] : [`${only} above ${more}`]),
      ];
    }),
  );
  return predicatesOf(sample, data, new Set()).filter(({ feature, kind, value }) =>
    texts.has(`f${feature} ${kind} ${Number(value).toFixed(2)}`),
  );
}

const TWO_DECIMALS = (rules: Explanation['rules']): string[] =>
  rules.map(({ feature, above, at_most: atMost }) => {
    if (above === undefined) return `${feature} <= ${atMost?.toFixed(2)}`;
    return atMost === undefined
      ? `${feature} > ${above.toFixed(2)}`
      : `${above.toFixed(2)} < ${feature} <= ${atMost.toFixed(2)}`;
  });

/** Of many samples. */
async function precisionOf(name: string, anchor: readonly string[], sample: readonly number[]): Promise<number> {
  const { data = [] } = ANCHORS[name] ?? {};
  const source = { samples: data, explained: sample, random: new SeededRandom(99) };
  const drawn = drawSamples(conditionsOf(anchor, sample, data), 2000, source);
  const modelDir = await modelFolder(await filesOf(name));
  const { results } = await testHandler({ handler: 'tabular_classifier', modelDir }, [[sample, ...drawn]], {
    modelDir,
    serializedFile: 'model.onnx',
  });
  const [[own, ...labels] = []] = results as { label: unknown }[][];
  return labels.filter(({ label }) => label === own?.label).length / labels.length;
}

describe.each(Object.keys(ANCHORS))('the anchors of %s', (name) => {
  it('are the rules that the Python package alibi finds, or as precise ones', async () => {
    const expected = (ANCHORS[name]?.found ?? []).slice(...(name === 'iris-forest' ? [1, 5] : [3, 4]));
    const found = await explain(
      expected.map(({ row }) => row),
      { files: await filesOf(name) },
    );
    let same = 0;
    for (const [index, { row, anchor }] of expected.entries()) {
      const own = found[index] as Explanation;
      const rules = TWO_DECIMALS(own.rules);
      if (rules.toSorted().join() === anchor.toSorted().join()) same += 1;
      const [ours, theirs] = [await precisionOf(name, rules, row), await precisionOf(name, anchor, row)];
      expect(ours).toBeGreaterThan(Math.min(theirs, 0.95) - 0.05);
      expect(Math.abs(ours - own.precision)).toBeLessThan(0.05);
    }
    expect(same).toBeGreaterThan(0);
  });
});

/** Fruit is sweet when it is red and not large. */
const FRUIT = Array.from({ length: 60 }, (_, index) => [index % 3 === 0 ? 'red' : 'green', index % 10, index % 2]);
const isSweet = ([colour, size]: readonly Cell[]) => colour === 'red' && Number(size) <= 4.5;
const fruit = (rows: Row[] | null) =>
  rows &&
  rows.map((row) => ({
    sour: Number(!isSweet((row.data ?? row.body) as Cell[])),
    sweet: Number(isSweet((row.data ?? row.body) as Cell[])),
  }));
const files = { 'data.json': JSON.stringify(FRUIT) };

describe('anchors', () => {
  it('are the conditions that make sure of a prediction, with categories among them', async () => {
    const explainer = { categories: ['f2'] };
    const [found] = await explain([['red', 3, 1]], { files, explainer, handler: fruit });
    expect(found).toEqual({
      method: 'anchors',
      parameters: {
        threshold: 0.95,
        delta: 0.1,
        tau: 0.15,
        beam: 1,
        background: 'data.json',
        categories: ['f2'],
      },
      seed: 0,
      feature_names: ['f0', 'f1', 'f2'],
      data: ['red', 3, 1],
      prediction: 'sweet',
      anchor: ['f0 = red', 'f1 <= 4.5'],
      rules: [
        { feature: 'f0', equals: 'red' },
        { feature: 'f1', at_most: 4.5 },
      ],
      precision: 1,
      coverage: 1 / 6,
      is_precise: true,
    });
  });

  it('are empty where the prediction is always the same', async () => {
    const always = (rows: Row[] | null) => rows && rows.map(() => [0.2, 0.8]);
    const [found] = await explain([['red', 3, 1]], { files, handler: always });
    expect(found).toMatchObject({ prediction: '1', anchor: [], precision: 1, coverage: 1, is_precise: true });
  });

  it('say when none is precise enough', async () => {
    const random = new SeededRandom(1);
    const dice = (rows: Row[] | null) => rows && rows.map(() => (random.next() < 0.5 ? [1, 0] : [0, 1]));
    const [found] = await explain([['red', 3, 1]], { files, handler: dice });
    expect(found?.is_precise).toBe(false);
    expect(found?.precision).toBeLessThan(0.95);
  });

  it('are the same for a seed', async () => {
    const iris = { files: await filesOf('iris-forest'), explainer: { seed: 4 } };
    const { row = [] } = ANCHORS['iris-forest']?.found[3] ?? {};
    const [one, again] = [await explain([row], iris), await explain([row], iris)];
    expect(again).toEqual(one);
    expect(one[0]?.seed).toBe(4);
  });
});

describe('a model is not loaded', () => {
  const problemOf = (explainer: object, handler: TestedHandler = fruit) =>
    explain([], { files, explainer, handler }).then(
      () => undefined,
      (error: Error) => error.message,
    );

  it.each([
    [
      'whose answer is one number',
      {},
      'expected a classifier with a score for each class, got one number. kernel_shap',
    ],
    ['with a threshold of 1', { threshold: 1 }, 'explainer.threshold must be a number between 0 and 1, got 1'],
    [
      'with a category that is no feature',
      { categories: ['taste'] },
      'explainer.categories must be names of features (f0, f1, f2), got "taste"',
    ],
    ['without a background', { background: null }, 'explainer.background must be a file of samples, for anchors'],
  ])('%s', async (_, explainer, problem) => {
    const one = (rows: Row[] | null) => rows && rows.map(() => 1);
    expect(await problemOf(explainer, problem.includes('one number') ? one : fruit)).toContain(problem);
  });
});

describe('conditions', () => {
  it('cut numbers at the quartiles, and say of categories which they are', () => {
    const samples = [
      [1, 'a', NaN],
      [2, 'b', 1],
      [3, 'a', 2],
      [4, 'b', 3],
    ] as const;
    const found = predicatesOf([2.5, 'b', NaN], samples, new Set());
    expect(found).toEqual([
      { feature: 0, kind: 'above', value: 1.75 },
      { feature: 0, kind: 'at most', value: 2.5 },
      { feature: 0, kind: 'at most', value: 3.25 },
      { feature: 1, kind: 'equals', value: 'b' },
      { feature: 2, kind: 'equals', value: NaN },
    ]);
    expect(found.every((predicate) => holds(predicate, [2.5, 'b', NaN]))).toBe(true);
    expect(rulesOf(found, ['n', 'c', 'm']).map(ruleText)).toEqual(['1.75 < n <= 2.5', 'c = b', 'm = NaN']);
  });

  it('that no sample has are met by the values of the explained one', () => {
    const source = {
      samples: [
        [1, 1],
        [2, 2],
      ],
      explained: [9, 9],
      random: new SeededRandom(0),
    };
    expect(drawSamples([{ feature: 1, kind: 'above', value: 5 }], 3, source).map(([, second]) => second)).toEqual([
      9, 9, 9,
    ]);
    const apart = drawSamples(
      [
        { feature: 0, kind: 'above', value: 1 },
        { feature: 1, kind: 'at most', value: 1 },
      ],
      3,
      source,
    );
    expect(apart).toEqual([
      [2, 1],
      [2, 1],
      [2, 1],
    ]);
  });
});

it('the search finds the widest of the anchors that are precise enough', async () => {
  // Of eight bits, all that counts is that the first and the third are set.
  const random = new SeededRandom(2);
  const problem: AnchorProblem = {
    predicates: 8,
    coverage: (anchor) => Promise.resolve(0.5 ** anchor.length),
    draw: (anchor, samples) => {
      const positives = Array.from({ length: samples }, () =>
        [0, 2].every((bit) => anchor.includes(bit) || random.next() < 0.5),
      );
      return Promise.resolve(positives.filter(Boolean).length);
    },
  };
  const options = { threshold: 0.95, delta: 0.1, tau: 0.15, beamSize: 2, batchSize: 100, inFlight: 1 };
  expect(await findAnchor(problem, options)).toEqual({ anchor: [0, 2], precision: 1, coverage: 0.25, isPrecise: true });
});

it('bounds hold the probability, and close in on it', () => {
  for (const mean of [0, 0.1, 0.5, 0.99, 1]) {
    expect(lowerBound(mean, 0.1)).toBeLessThanOrEqual(mean);
    expect(upperBound(mean, 0.1)).toBeGreaterThanOrEqual(mean);
    expect(upperBound(mean, 1e-6) - lowerBound(mean, 1e-6)).toBeLessThan(0.01);
  }
  // The divergence of 0.5 and 0.9 is ln(0.5 / sqrt(0.09)).
  expect(upperBound(0.5, Math.log(0.5 / 0.3))).toBeCloseTo(0.9, 4);
});
