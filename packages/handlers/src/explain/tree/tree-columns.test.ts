import { describe, expect, it } from 'vitest';
import {
  buildModel,
  floatBytes,
  int64Bytes,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
} from '../../../../../test/fixtures/onnx-builder.ts';
import { BaseHandler } from '../../base/base-handler.ts';
import { SeededRandom } from '../random.ts';
import type { ShapExplanation } from '../shap/shap-explanation.ts';
import { modelFolder } from '../../test-support/model-folder.ts';
import { testHandler } from '../../testing.ts';

const DOMAIN = 'ai.onnx.ml';
const ml = (op: string, inputs: string[], outputs: string[], attributes: Record<string, OnnxAttribute>): OnnxNode => {
  return { op, inputs, outputs, domain: DOMAIN, attributes };
};
const floats = (values: readonly number[]): OnnxAttribute => {
  return { tensor: { name: 'values', type: 'float32', dims: [values.length], bytes: floatBytes(values) } };
};
const bytes = (values: readonly number[]): OnnxAttribute => {
  return { tensor: { name: 'values', type: 'uint8', dims: [values.length], bytes: Uint8Array.from(values) } };
};

/** Column 0 at most 0.5; else column 1 is 2 or 5; beside it, column 2 is above 1. */
const TREES = {
  n_targets: { int: 1 },
  tree_roots: { ints: [0, 2] },
  nodes_featureids: { ints: [0, 1, 2] },
  nodes_modes: bytes([0, 6, 3]),
  nodes_splits: floats([0.5, 0, 1]),
  nodes_missing_value_tracks_true: { ints: [0, 1, 0] },
  membership_values: floats([2, 5, NaN]),
  nodes_trueleafs: { ints: [1, 1, 1] },
  nodes_truenodeids: { ints: [0, 1, 3] },
  nodes_falseleafs: { ints: [0, 1, 1] },
  nodes_falsenodeids: { ints: [1, 2, 4] },
  leaf_targetids: { ints: [0, 0, 0, 0, 0] },
  leaf_weights: floats([1, 10, -4, 3, 0.25]),
} as const satisfies Record<string, OnnxAttribute>;

type Before = Pick<OnnxGraph, 'nodes' | 'initializers'> & { readonly inputs?: OnnxGraph['inputs'] };

function model({ nodes, initializers, inputs }: Before): Buffer {
  const graph: OnnxGraph = {
    inputs: inputs ?? [{ name: 'X', type: 'float32', shape: ['n', 3] }],
    outputs: [{ name: 'Y', type: 'float32', shape: ['n', 1] }],
    nodes: [...nodes, ml('TreeEnsemble', ['C'], ['Y'], TREES)],
    initializers: initializers ?? [],
  };
  return buildModel(graph, { ir: 10, opsets: { '': 18, [DOMAIN]: 5 } });
}

const random = new SeededRandom(3);
const cell = (): number => (random.next() < 0.15 ? NaN : random.below(7));
const samples = (count: number): number[][] => Array.from({ length: count }, () => [cell(), cell(), cell()]);
const BACKGROUND = samples(9);
const ROWS = samples(12);

async function outcome(file: Uint8Array, rows: readonly unknown[], method: string) {
  const csv = BACKGROUND.map((row) => row.join()).join('\n');
  const modelDir = await modelFolder({ 'model.onnx': file, 'b.csv': csv });
  const modelConfig = { explainer: { method, background: 'b.csv' } };
  const options = { modelDir, serializedFile: 'model.onnx', modelConfig, operation: 'explain' } as const;
  return (await testHandler(BaseHandler, rows, options)).results;
}

const identity: Before = { nodes: [{ op: 'Identity', inputs: ['X'], outputs: ['C'] }] };
const constant = (name: string, values: readonly number[]) => {
  return { name, type: 'float32', dims: [values.length], bytes: floatBytes(values) } as const;
};

const PREPARED: Readonly<Record<string, Before>> = {
  nothing: identity,
  Scaler: { nodes: [ml('Scaler', ['X'], ['C'], { offset: fl([1, 0, 2]), scale: fl([0.5, 1, 2]) })] },
  'Imputer of NaN': {
    nodes: [
      ml('Imputer', ['X'], ['C'], { imputed_value_floats: fl([1, 2, 0.5]), replaced_value_float: { float: NaN } }),
    ],
  },
  'arithmetic with constants': {
    nodes: [
      { op: 'Sub', inputs: ['X', 'a'], outputs: ['1'] },
      { op: 'Mul', inputs: ['b', '1'], outputs: ['2'] },
      { op: 'Div', inputs: ['2', 'b'], outputs: ['3'] },
      { op: 'Add', inputs: ['3', 'a'], outputs: ['C'] },
    ],
    initializers: [constant('a', [1, 2, 3]), constant('b', [2])],
  },
  'Cast to float64 and back': {
    nodes: [
      { op: 'Cast', inputs: ['X'], outputs: ['1'], attributes: { to: { int: 11 } } },
      { op: 'Cast', inputs: ['1'], outputs: ['C'], attributes: { to: { int: 1 } } },
    ],
  },
  'columns in another order, one of them twice': {
    nodes: [ml('ArrayFeatureExtractor', ['X', 'places'], ['C'], {})],
    initializers: [{ name: 'places', type: 'int64', dims: [3], bytes: int64Bytes([2, 0, 2]) }],
  },
  'Gather and Concat': {
    nodes: [
      { op: 'Gather', inputs: ['X', 'last'], outputs: ['1'], attributes: { axis: { int: 1 } } },
      { op: 'Gather', inputs: ['X', 'first'], outputs: ['2'], attributes: { axis: { int: 1 } } },
      { op: 'Concat', inputs: ['1', '2'], outputs: ['C'], attributes: { axis: { int: -1 } } },
    ],
    initializers: [
      { name: 'last', type: 'int64', dims: [1], bytes: int64Bytes([-1]) },
      { name: 'first', type: 'int64', dims: [2], bytes: int64Bytes([0, 1]) },
    ],
  },
  'FeatureVectorizer and Reshape': {
    nodes: [
      ml('FeatureVectorizer', ['X'], ['1'], { inputdimensions: { ints: [3] } }),
      { op: 'Reshape', inputs: ['1', 'shape'], outputs: ['C'] },
    ],
    initializers: [{ name: 'shape', type: 'int64', dims: [2], bytes: int64Bytes([-1, 3]) }],
  },
};

/** A list of floats as an attribute. */
function fl(values: readonly number[]): OnnxAttribute {
  return { floats: values };
}

function sumsUp({ values: [values = []], base_values: [base = NaN] }: ShapExplanation): number {
  return values.reduce((sum, value) => sum + value, base);
}

describe.each(Object.keys(PREPARED))('behind %s', (name) => {
  it('exact values are those of kernel_shap, which asks the model', async () => {
    const file = model(PREPARED[name] ?? identity);
    const [exact, sampled] = [await outcome(file, ROWS, 'tree_shap'), await outcome(file, ROWS, 'kernel_shap')];
    exact.forEach((result, row) => {
      if (result instanceof Error) throw result;
      const { predictions, explanations } = result as { predictions: number[]; explanations: ShapExplanation };
      expect(explanations.outputs[0]).toBeCloseTo(predictions[0] ?? NaN, 5);
      expect(sumsUp(explanations)).toBeCloseTo(predictions[0] ?? NaN, 5);
      const other = (sampled[row] as { explanations: ShapExplanation }).explanations;
      explanations.values[0]?.forEach((value, feature) =>
        expect(value).toBeCloseTo(other.values[0]?.[feature] ?? NaN, 4),
      );
    });
  });
});

it('several inputs have their features beside each other', async () => {
  const input = (name: string, width: number) => ({ name, type: 'float32', shape: ['n', width] }) as const;
  const file = model({
    inputs: [input('a', 1), input('b', 2)],
    nodes: [{ op: 'Concat', inputs: ['b', 'a'], outputs: ['C'], attributes: { axis: { int: 1 } } }],
  });
  const rows = ROWS.map(([a, b, c]) => ({ a: [a], b: [b, c] }));
  const [exact, sampled] = [await outcome(file, rows, 'tree_shap'), await outcome(file, rows, 'kernel_shap')];
  expect(
    JSON.parse(JSON.stringify(exact.map((each) => (each as { explanations: ShapExplanation }).explanations.values[0]))),
  ).toEqual(
    sampled.map((each) =>
      (each as { explanations: ShapExplanation }).explanations.values[0]?.map(
        (value) => expect.closeTo(value, 4) as unknown,
      ),
    ),
  );
});

describe('is refused, naming it:', () => {
  it.each<[string, Before]>([
    ['Normalizer', { nodes: [ml('Normalizer', ['X'], ['C'], { norm: { string: 'L2' } })] }],
    [
      'MatMul',
      {
        nodes: [{ op: 'MatMul', inputs: ['X', 'w'], outputs: ['C'] }],
        initializers: [{ ...constant('w', [1, 0, 0, 0, 1, 0, 0, 0, 1]), dims: [3, 3] }],
      },
    ],
    ['Add of several', { nodes: [{ op: 'Add', inputs: ['X', 'X'], outputs: ['C'] }] }],
    [
      'Concat along 0',
      { nodes: [{ op: 'Concat', inputs: ['X', 'X'], outputs: ['C'], attributes: { axis: { int: 0 } } }] },
    ],
    ['Softmax', { nodes: [{ op: 'Softmax', inputs: ['X'], outputs: ['C'] }] }],
  ])('%s', async (op, before) => {
    await expect(outcome(model(before), ROWS, 'tree_shap')).rejects.toThrow(
      new RegExp(`tree_shap: model.onnx: expected trees .* got ${op}.*kernel_shap and permutation_shap explain`),
    );
  });
});
