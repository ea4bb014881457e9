import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { BaseHandler } from '../../base/base-handler.ts';
import { modelFolder } from '../../test-support/model-folder.ts';
import { testHandler, type TestedHandler, type TestOptions } from '../../testing.ts';
import { TabularClassifier } from '../../tabular/tabular-classifier.ts';

const FIXTURES = new URL('../../../../../test/fixtures/', import.meta.url);
const IRIS = await readFile(new URL('explainers/iris-forest.onnx', FIXTURES));
const BOOSTING = await readFile(new URL('exports/sklearn-boosting.onnx', FIXTURES));
const FLOWER = [5.9, 3, 5.1, 1.8];

interface Setting {
  readonly explainer?: unknown;
  readonly model?: Uint8Array;
  readonly handler?: TestedHandler;
  readonly files?: Readonly<Record<string, string>>;
  readonly config?: TestOptions['modelConfig'];
}

async function explain(rows: readonly unknown[], setting: Setting = {}) {
  const { explainer = { method: 'tree_shap' }, model = IRIS, handler = TabularClassifier, files, config } = setting;
  const modelDir = await modelFolder({ 'model.onnx': model, ...files });
  const modelConfig = { explainer, ...config };
  return testHandler(handler, rows, { modelDir, serializedFile: 'model.onnx', modelConfig, operation: 'explain' });
}

const problemOf = (setting: Setting) =>
  explain([FLOWER], setting).then(
    () => undefined,
    (error: Error) => error.message,
  );

describe('tree_shap', () => {
  it('answers with the prediction, and how it came about', async () => {
    const { results } = await explain([FLOWER], { config: { tabular_classifier: { features: ['a', 'b', 'c', 'd'] } } });
    const list = (length: number) => ({
      asymmetricMatch: (value: unknown) => Array.isArray(value) && value.length === length,
    });
    expect(results).toEqual([
      {
        predictions: { label: 2, probabilities: expect.anything() as unknown },
        explanations: {
          method: 'tree_shap',
          parameters: { mode: 'path_dependent', model_output: 'raw' },
          seed: 0,
          feature_names: ['a', 'b', 'c', 'd'],
          data: FLOWER.map(Math.fround),
          output_names: ['0', '1', '2'],
          outputs: list(3),
          base_values: list(3),
          values: [list(4), list(4), list(4)],
        },
      },
    ]);
  });

  it('explains each sample of a batch, and fails a row that is none alone', async () => {
    const { results } = await explain([[FLOWER, FLOWER], ['x'], FLOWER]);
    expect(results).toMatchObject([
      { predictions: [{ label: 2 }, { label: 2 }], explanations: [{ seed: 0 }, { seed: 0 }] },
      { name: 'PredictionError', status: 400 },
      { explanations: { seed: 0 } },
    ]);
  });

  it('explains the class with the highest score alone where that is asked for', async () => {
    const { results } = await explain([FLOWER], { explainer: { method: 'tree_shap', classes: 'top' } });
    expect(results).toMatchObject([{ explanations: { output_names: ['2'], values: [expect.anything()] } }]);
  });

  it.each([
    ['background.csv', 'sepal length,sepal width,petal length,petal width\n5.1,3.5,1.4,0.2\n6.2,2.9,4.3,1.3\n'],
    ['background.json', '[[5.1, 3.5, 1.4, 0.2], [6.2, 2.9, 4.3, 1.3]]'],
  ])('compares with a packaged background: %s', async (file, text) => {
    const { results } = await explain([FLOWER], {
      explainer: { method: 'tree_shap', background: file },
      files: { [file]: text },
    });
    expect(results).toMatchObject([
      {
        explanations: {
          parameters: { mode: 'interventional', background: file },
          feature_names: file.endsWith('csv')
            ? ['sepal length', 'sepal width', 'petal length', 'petal width']
            : ['f0', 'f1', 'f2', 'f3'],
        },
      },
    ]);
  });
});

describe('a model is not loaded with', () => {
  const background = (text: string, more = {}) => ({
    explainer: { method: 'tree_shap', background: 'b.csv', ...more },
    files: { 'b.csv': text },
  });
  it.each<[string, Setting, string]>([
    ['an unknown method', { explainer: { method: 'shap' } }, 'explainer.method must be one of anchors, kernel_shap, '],
    [
      'no section',
      { explainer: 'tree_shap' },
      'explainer must be keys and values, such as {method: tree_shap}, got "tree_shap"',
    ],
    [
      'an unknown key',
      { explainer: { method: 'tree_shap', samples: 3 } },
      'unknown key explainer.samples; known are method, seed, classes, features, background, clusters, mode',
    ],
    [
      'a wrong value',
      { explainer: { method: 'tree_shap', seed: -1 } },
      'explainer.seed must be an integer from 0 to 4294967295, got -1',
    ],
    [
      'a mode without its background',
      { explainer: { method: 'tree_shap', mode: 'interventional' } },
      'explainer.background must be a file of samples for the mode interventional',
    ],
    [
      'trees that do not tell their covers',
      { model: BOOSTING, handler: BaseHandler },
      'nodes_hitrates. Write the covers there, or name a file of training data as explainer.background',
    ],
    [
      'a background that is not there',
      { explainer: { method: 'tree_shap', background: 'b.csv' } },
      'Package it with --extra-files',
    ],
    [
      'a background of too few columns',
      background('1,2,3\n'),
      'b.csv: expected 4 columns, one for each feature; sample 1 has 3',
    ],
    [
      'a background of texts',
      background('1,2,3,x\n1,2,3,y\n4,5,6,z\n'),
      'expected numbers, as trees compare them; sample 1 is [1,2,3,"x"]',
    ],
    ['an empty background', background(''), 'b.csv: expected samples, got none'],
    [
      'names of another number',
      { explainer: { method: 'tree_shap', features: ['a'] } },
      'explainer.features must be 4 names, one for each feature of the model, got an array of 1',
    ],
  ])('%s', async (_, setting, problem) => {
    expect(await problemOf(setting)).toContain(problem);
  });

  it('a handler that shows no model', async () => {
    expect(await problemOf({ handler: (rows) => rows ?? [] })).toContain('expected a handler that extends BaseHandler');
  });
});

it('comes before the own hook of a handler', async () => {
  class Own extends BaseHandler {
    explain(data: unknown[]): unknown[] {
      return data.map(() => 'because');
    }
  }
  const { results } = await explain([FLOWER], { handler: Own });
  expect(results).toMatchObject([{ explanations: { method: 'tree_shap' } }]);
  const other = await explain([FLOWER], { handler: Own, explainer: null });
  expect(other.results).toEqual(['because']);
});
