/** The one tree ensemble that a model is. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { GraphNode } from '../../onnx/graph-node.ts';
import { readModel } from '../../onnx/graph.ts';
import { treeColumns, type TreeColumn, type TreeColumns } from './tree-columns.ts';
import { readTreeEnsembleOperator } from './tree-ensemble-operator.ts';
import { readTreeEnsemble, type TreeEnsemble, type TreeNode } from './tree-ensemble.ts';

/** How the operators that have trees are read. */
const OPERATORS: Readonly<Record<string, (node: GraphNode) => TreeEnsemble>> = {
  TreeEnsemble: readTreeEnsembleOperator,
  TreeEnsembleClassifier: readTreeEnsemble,
  TreeEnsembleRegressor: readTreeEnsemble,
};
const OTHERWISE = 'kernel_shap and permutation_shap explain models of all kinds';

/** Trees, and how the features of the model's input become what they are given. */
export interface FoundEnsemble extends TreeEnsemble {
  /** How many features a sample has at least. */
  readonly featureCount: number;
  /** What the trees are given of a sample. */
  readonly columnsOf: (sample: readonly number[]) => number[];
}

/** @throws Error for a model that is something else, or that makes columns of several features together */
export async function findTreeEnsemble(path: string): Promise<FoundEnsemble> {
  const refuse = (problem: string): Error => new Error(`tree_shap: ${basename(path)}: ${problem}; ${OTHERWISE}`);
  const { graph } = readModel(await readFile(path));
  const [node, ...others] = graph.nodes.filter(({ op }) => Object.hasOwn(OPERATORS, op));
  const read = OPERATORS[node?.op ?? ''];
  if (node === undefined || read === undefined || others.length > 0) {
    const got =
      others.length > 0 ? `${others.length + 1} of them` : [...new Set(graph.nodes.map(({ op }) => op))].join(', ');
    throw refuse(`expected one ${Object.keys(OPERATORS).join(', ')}, got ${got}`);
  }
  try {
    return ofFeatures(read(node), treeColumns(graph, node.inputs[0] ?? ''));
  } catch (error) {
    throw refuse((error as Error).message);
  }
}

function ofFeatures(ensemble: TreeEnsemble, { at }: TreeColumns): FoundEnsemble {
  const columns = Array.from({ length: ensemble.columnCount }, (_, column) => at(column));
  return {
    ...ensemble,
    trees: ensemble.trees.map((tree) => withFeatures(tree, columns)),
    featureCount: columns.reduce((most, { feature }) => Math.max(most, feature + 1), 0),
    columnsOf: (sample) => columns.map(({ feature, valueOf }) => valueOf(sample[feature] ?? NaN)),
  };
}

/** Branches are about the features that their columns are made of. */
function withFeatures(node: TreeNode, columns: readonly TreeColumn[]): TreeNode {
  if (node.kind === 'leaf') return node;
  return {
    ...node,
    feature: columns[node.column]?.feature ?? node.column,
    whenTrue: withFeatures(node.whenTrue, columns),
    whenFalse: withFeatures(node.whenFalse, columns),
  };
}
