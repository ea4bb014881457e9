import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { evenly } from '../background/weighted-samples.ts';
import { withCovers, hasCovers } from './covers.ts';
import { findTreeEnsemble, type FoundEnsemble } from './find-ensemble.ts';
import { interventionalValues, pathDependentValues, treeOutputs, type ShapValues } from './tree-values.ts';

const FIXTURES = new URL('../../../../../test/fixtures/explainers/', import.meta.url);

interface Expected {
  readonly rows: readonly number[][];
  readonly background: readonly number[][];
  readonly path_dependent: { readonly base_values: readonly number[]; readonly values: readonly number[][][] };
  readonly interventional: Expected['path_dependent'];
}

async function fixture(name: string) {
  const expected = JSON.parse(await readFile(new URL(`${name}.json`, FIXTURES), 'utf8')) as Expected;
  return { expected, ensemble: await findTreeEnsemble(new URL(`${name}.onnx`, FIXTURES).pathname) };
}

const go = () => Promise.resolve();

const NAMES = ['iris-forest', 'boosting-12', 'xgboost-12', 'lightgbm-12', 'regression-12'];

function furthest(found: readonly ShapValues[], expected: Expected['path_dependent']): number {
  const differences = found.flatMap(({ baseValues, values }, row) => [
    ...baseValues.map((value, output) => Math.abs(value - (expected.base_values[output] ?? NaN))),
    ...values.flatMap((features, output) =>
      features.map((value, feature) => Math.abs(value - (expected.values[row]?.[output]?.[feature] ?? NaN))),
    ),
  ]);
  return Math.max(...differences);
}

describe.each(NAMES)('the values of %s', (name) => {
  it('are those of the Python package shap, path-dependent', async () => {
    const { ensemble, expected } = await fixture(name);
    const found = await Promise.all(expected.rows.map((row) => pathDependentValues(ensemble, row, go)));
    expect(furthest(found, expected.path_dependent)).toBeLessThan(1e-6);
  });

  it('are those of the Python package shap, interventional', async () => {
    const { ensemble, expected } = await fixture(name);
    const background = evenly(expected.background);
    const found = await Promise.all(
      expected.rows.map((sample) => interventionalValues(ensemble, { sample, background }, go)),
    );
    expect(furthest(found, expected.interventional)).toBeLessThan(1e-6);
  });

  it('add up to what the trees give', async () => {
    const { ensemble, expected } = await fixture(name);
    for (const row of expected.rows) {
      for (const found of [
        await pathDependentValues(ensemble, row, go),
        await interventionalValues(ensemble, { sample: row, background: evenly(expected.background) }, go),
      ]) {
        const sums = found.values.map((values, output) =>
          values.reduce((sum, value) => sum + value, found.baseValues[output] ?? NaN),
        );
        treeOutputs(ensemble, row).forEach((value, output) => expect(sums[output]).toBeCloseTo(value, 9));
      }
    }
  });
});

it('interventional values are Shapley values by their definition, on thresholds, too', async () => {
  const { ensemble, expected } = await fixture('iris-forest');
  const { background } = expected;
  for (const sample of background.slice(0, 5)) {
    const { values } = await interventionalValues(ensemble, { sample, background: evenly(background) }, go);
    byDefinition((known) =>
      meanOutputs(
        ensemble,
        background.map((each) => each.map((value, feature) => (known.has(feature) ? (sample[feature] ?? NaN) : value))),
      ),
    ).forEach((features, output) =>
      features.forEach((value, feature) => expect(values[output]?.[feature]).toBeCloseTo(value, 9)),
    );
  }
});

function meanOutputs(ensemble: FoundEnsemble, samples: readonly number[][]): number[] {
  const all = samples.map((sample) => treeOutputs(ensemble, sample));
  return ensemble.baseValues.map((_, output) => all.reduce((sum, each) => sum + (each[output] ?? NaN), 0) / all.length);
}

/** [output][feature] of the game, over all subsets of four features. */
function byDefinition(worth: (known: ReadonlySet<number>) => readonly number[]): number[][] {
  const values = worth(new Set()).map(() => [0, 0, 0, 0]);
  const shares = [1 / 4, 1 / 12, 1 / 12, 1 / 4];
  for (let bits = 0; bits < 16; bits += 1) {
    const known = new Set([0, 1, 2, 3].filter((feature) => (bits >> feature) % 2 === 1));
    const before = worth(known);
    for (const feature of [0, 1, 2, 3].filter((each) => !known.has(each))) {
      const after = worth(new Set(known).add(feature));
      values.forEach((features, output) => {
        const gain = (after[output] ?? NaN) - (before[output] ?? NaN);
        features[feature] = (features[feature] ?? NaN) + (shares[known.size] ?? NaN) * gain;
      });
    }
  }
  return values;
}

describe('covers', () => {
  it('are those of the file where a node has what both behind it have', async () => {
    const { trees } = (await fixture('iris-forest')).ensemble;
    expect(trees.every(hasCovers)).toBe(true);
    const converted = await findTreeEnsemble(new URL('../exports/sklearn-boosting.onnx', FIXTURES).pathname);
    expect(converted.trees.some(hasCovers)).toBe(false);
  });

  it('can be counted in a background, of which the base value is the mean then', async () => {
    const { ensemble, expected } = await fixture('boosting-12');
    const { background, rows } = expected;
    const counted = { ...ensemble, trees: ensemble.trees.map((tree) => withCovers(tree, background)) };
    const { baseValues } = await pathDependentValues(counted, rows[0] ?? [], go);
    expect(baseValues[0]).toBeCloseTo(meanOutputs(ensemble, background)[0] ?? NaN, 9);
  });
});

describe('a model that is no tree ensemble', () => {
  it.each([
    ['exports/sklearn-linear.onnx', 'expected one TreeEnsemble, TreeEnsembleClassifier, TreeEnsembleRegressor, got '],
    ['classifiers/stack__3__str__zip.onnx', 'expected one'],
    ['classifiers/ml_forest__opset22.onnx', 'expected one'],
  ])('is refused: %s', async (file, problem) => {
    const found = findTreeEnsemble(new URL(`../${file}`, FIXTURES).pathname);
    await expect(found).rejects.toThrow(problem);
    await expect(found).rejects.toThrow('kernel_shap and permutation_shap explain models of all kinds');
  });
});

describe('columns that are made of the features one by one', () => {
  it.each(['scaled-6', 'columns-4'])('are explained as features, as shap explains the columns: %s', async (name) => {
    const expected = JSON.parse(
      await readFile(new URL(`${name}.json`, FIXTURES), 'utf8'),
    ) as Expected['interventional'] & Pick<Expected, 'rows' | 'background'>;
    const ensemble = await findTreeEnsemble(new URL(`${name}.onnx`, FIXTURES).pathname);
    const background = evenly(expected.background);
    const found = await Promise.all(
      expected.rows.map((sample) => interventionalValues(ensemble, { sample, background }, go)),
    );
    const range = Math.max(...expected.values.flat(2)) - Math.min(...expected.values.flat(2));
    expect(furthest(found, expected)).toBeLessThan(1e-6 * Math.max(1, range));
  });
});

it.each(['iris-forest', 'regression-12'])('%s is the same as a TreeEnsemble of ai.onnx.ml 5', async (name) => {
  const { expected } = await fixture(name);
  const ensemble = await findTreeEnsemble(new URL(`${name}-v5.onnx`, FIXTURES).pathname);
  const background = evenly(expected.background);
  const found = await Promise.all(
    expected.rows.map((sample) => interventionalValues(ensemble, { sample, background }, go)),
  );
  expect(furthest(found, expected.interventional)).toBeLessThan(1e-6);
});
