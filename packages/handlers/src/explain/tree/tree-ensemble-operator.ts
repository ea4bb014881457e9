/** A TreeEnsemble (ai.onnx.ml 5), which has the trees of classifiers and regressors alike, as trees that can be walked. */
import type { GraphNode } from '../../onnx/graph-node.ts';
import { branchOf, type Branch } from './branch.ts';
import { divided, type TreeEnsemble, type TreeNode } from './tree-ensemble.ts';

const AGGREGATES = ['AVERAGE', 'SUM', 'MIN', 'MAX'];
const POST_TRANSFORMS = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'];
const MODES = ['BRANCH_LEQ', 'BRANCH_LT', 'BRANCH_GTE', 'BRANCH_GT', 'BRANCH_EQ', 'BRANCH_NEQ'];
/** Whether a value is one of a set. */
const MEMBER = 6;

/** @throws Error for what the file has and this cannot follow: other aggregates than sums, nodes that are not there */
export function readTreeEnsembleOperator(node: GraphNode): TreeEnsemble {
  const aggregate = AGGREGATES[node.int('aggregate_function', 1)];
  if (aggregate !== 'SUM' && aggregate !== 'AVERAGE') {
    throw new Error(`expected trees whose leaves are summed or averaged, got aggregate_function ${aggregate}`);
  }
  const targets = Array.from({ length: node.int('n_targets', 1) }, (_, target) => target);
  const roots = readTrees(node, targets.length);
  const columns = node.ints('nodes_featureids') ?? [];
  return {
    outputNames: targets.map((target) => `target ${target}`),
    baseValues: targets.map(() => 0),
    trees: aggregate === 'SUM' ? roots : roots.map((root) => divided(root, roots.length)),
    columnCount: columns.reduce((most, column) => Math.max(most, column + 1), 0),
    postTransform: POST_TRANSFORMS[node.int('post_transform', 0)] ?? 'NONE',
  };
}

type Way = 'true' | 'false';

function readTrees(node: GraphNode, outputCount: number): TreeNode[] {
  const ways = { true: waysOf(node, 'true'), false: waysOf(node, 'false') };
  const branches = branchesOf(node);
  const [targets, weights] = [node.ints('leaf_targetids') ?? [], numbersOf(node, 'leaf_weights')];
  const leafOf = (leaf: number): TreeNode => {
    const [target = NaN, weight] = [targets[leaf], weights[leaf]];
    if (weight === undefined) throw new Error(`expected trees, got a way that leads to leaf ${leaf}`);
    return {
      kind: 'leaf',
      values: Array.from({ length: outputCount }, (_, output) => (output === target ? weight : 0)),
      cover: 0,
    };
  };
  const build = (place: number, above: ReadonlySet<number>): TreeNode => {
    const branch = branches[place];
    if (branch === undefined || above.has(place))
      throw new Error(`expected trees, got a way that leads to node ${place}`);
    const path = new Set(above).add(place);
    const behind = (way: Way): TreeNode => {
      const next = ways[way].ids[place] ?? -1;
      return ways[way].leafs[place] === 1 ? leafOf(next) : build(next, path);
    };
    return { kind: 'branch', ...branch, cover: 0, whenTrue: behind('true'), whenFalse: behind('false') };
  };
  return (node.ints('tree_roots') ?? []).map((root) => build(root, new Set()));
}

function waysOf(node: GraphNode, way: Way) {
  return { ids: node.ints(`nodes_${way}nodeids`) ?? [], leafs: node.ints(`nodes_${way}leafs`) ?? [] };
}

/** Sets are one list, in the order of the nodes that have one, with a NaN behind each. */
function branchesOf(node: GraphNode): Branch[] {
  const thresholds = numbersOf(node, 'nodes_splits');
  const missing = node.ints('nodes_missing_value_tracks_true') ?? [];
  const modes = numbersOf(node, 'nodes_modes');
  const sets = setsOf(numbersOf(node, 'membership_values'));
  let members = 0;
  return (node.ints('nodes_featureids') ?? []).map((column, place): Branch => {
    const mode = modes[place] ?? 0;
    const branch = { feature: column, column, threshold: thresholds[place] ?? 0, missingIsTrue: missing[place] === 1 };
    if (mode !== MEMBER) return branchOf(MODES[mode] ?? String(mode), branch);
    const set = sets[members] ?? new Set();
    members += 1;
    return { ...branch, holds: (value) => set.has(value) };
  });
}

function setsOf(values: readonly number[]): ReadonlySet<number>[] {
  const sets = [new Set<number>()];
  for (const value of values) {
    if (Number.isNaN(value)) sets.push(new Set());
    else sets.at(-1)?.add(value);
  }
  return sets;
}

function numbersOf(node: GraphNode, name: string): readonly number[] {
  return node.constant(name)?.numbers(Infinity) ?? [];
}
