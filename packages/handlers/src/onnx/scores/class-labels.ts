/** The classes that a graph knows by name or number, in the order of the columns of its scores. */
import type { GraphNode } from '../graph-node.ts';
import type { OnnxGraph } from '../graph.ts';

/** A class as the model knows it; a bigint beyond 2^53. */
export type ClassLabel = string | number | bigint;

const PASSING = [
  'Identity',
  'Cast',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'Transpose',
  'Normalizer',
  'LpNormalization',
];
const CLASSIFIERS = ['LinearClassifier', 'SVMClassifier', 'TreeEnsembleClassifier', 'ZipMap'];
const LABELS = ['classlabels_strings', 'classlabels_int64s', 'classlabels_ints'];

/** @param name a value of the graph: labels or scores; undefined where the graph does not tell */
export function classLabels(graph: OnnxGraph, name: string): readonly ClassLabel[] | undefined {
  const node = sourceOf(graph, name);
  if (node === undefined) return undefined;
  if (CLASSIFIERS.includes(node.op)) return attributeLabels(node) ?? classLabels(graph, node.inputs[0] ?? '');
  if (node.op === 'ArrayFeatureExtractor' || node.op === 'Gather') {
    return constantLabels(graph, node.inputs[0] ?? '')?.map(shortest);
  }
  return node.op === 'LabelEncoder' ? encoded(graph, node) : undefined;
}

function constantLabels({ initializers, producers }: OnnxGraph, name: string): (string | bigint)[] | undefined {
  const node = producers.get(name);
  const constant = initializers.get(name) ?? node?.constant('value');
  const labels = constant?.labels() ?? node?.strings('value_strings') ?? node?.bigints('value_ints');
  // None where the elements were left out, since they are many.
  return labels?.length === 0 ? undefined : labels;
}

/** Of labels that have a column for each of several outputs: the classes of each; undefined where the graph does not tell. */
export function columnLabels(graph: OnnxGraph, name: string): readonly (readonly ClassLabel[])[] | undefined {
  const node = sourceOf(graph, name);
  if (node?.op !== 'Concat') return undefined;
  const columns = node.inputs.map((input) => classLabels(graph, input));
  return columns.every((labels) => labels !== undefined) ? columns : undefined;
}

/** A number where that is exact. */
export function shortest(label: string | bigint): ClassLabel {
  if (typeof label === 'string') return label;
  const number = Number(label);
  return Number.isSafeInteger(number) ? number : label;
}

/** The node that makes a value, before operators that pass it on. */
function sourceOf({ producers }: OnnxGraph, name: string): GraphNode | undefined {
  let node = producers.get(name);
  while (node !== undefined && PASSING.includes(node.op)) node = producers.get(node.inputs[0] ?? '');
  return node;
}

function attributeLabels(node: GraphNode): readonly ClassLabel[] | undefined {
  for (const name of LABELS) {
    const labels = name.endsWith('strings') ? node.strings(name) : node.bigints(name)?.map(shortest);
    if (labels !== undefined && labels.length > 0) return labels;
  }
  return undefined;
}

/** Other labels for those of its input, or for positions. */
function encoded(graph: OnnxGraph, node: GraphNode): readonly ClassLabel[] | undefined {
  const values = node.strings('values_strings') ?? node.bigints('values_int64s')?.map(shortest);
  const keys = node.bigints('keys_int64s')?.map(shortest) ?? node.strings('keys_strings');
  if (values === undefined || keys === undefined) return node.strings('classes_strings');
  const before = classLabels(graph, node.inputs[0] ?? '') ?? [...keys].sort((a, b) => Number(a) - Number(b));
  return before.map((label) => values[keys.indexOf(label as never)] ?? label);
}
