/** The one tree ensemble that a model is. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readModel, type OnnxGraph } from '../../onnx/graph.ts';
import { readTreeEnsemble, type TreeEnsemble } from './tree-ensemble.ts';

const OPERATORS = ['TreeEnsembleClassifier', 'TreeEnsembleRegressor'];
/** Operators that leave each feature what it is. */
const PASSING = ['Identity', 'Cast'];
const OTHERWISE = 'kernel_shap and permutation_shap explain models of all kinds';

/** @throws Error for a model that is something else, or that does more with its features than to ask trees about them */
export async function findTreeEnsemble(path: string): Promise<TreeEnsemble> {
  const refuse = (problem: string): Error => new Error(`tree_shap: ${basename(path)}: ${problem}; ${OTHERWISE}`);
  const { graph } = readModel(await readFile(path));
  const [node, ...others] = graph.nodes.filter(({ op }) => OPERATORS.includes(op));
  if (node === undefined || others.length > 0) {
    const got =
      others.length > 0 ? `${others.length + 1} of them` : [...new Set(graph.nodes.map(({ op }) => op))].join(', ');
    throw refuse(`expected one ${OPERATORS.join(' or ')} (ai.onnx.ml 1 to 4), got ${got}`);
  }
  const before = nodeBefore(graph, node.inputs[0] ?? '');
  if (before !== undefined) throw refuse(`expected the model's own input before ${node.op}, got ${before}`);
  try {
    return readTreeEnsemble(node);
  } catch (error) {
    throw refuse((error as Error).message);
  }
}

/** The operator that makes something else of the features; undefined where none does. */
function nodeBefore({ producers }: OnnxGraph, name: string): string | undefined {
  let node = producers.get(name);
  while (node !== undefined && PASSING.includes(node.op)) node = producers.get(node.inputs[0] ?? '');
  return node?.op;
}
