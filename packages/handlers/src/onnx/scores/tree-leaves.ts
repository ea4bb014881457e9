/** Whether the leaves of a TreeEnsembleClassifier hold probabilities, as those of a random forest do, or margins. */
import type { GraphNode } from '../graph-node.ts';
import { ANYTHING, DISTRIBUTION, EACH, type Fact } from './fact.ts';

/** Weights are float32: sums of hundreds of trees are this exact. */
const TOLERANCE = 1e-3;

/** The second output of the node, as ONNX Runtime computes it. */
export function treeScores(node: GraphNode): Fact {
  const transform = node.string('post_transform') ?? 'NONE';
  const isSecondClassOnly = hasTwoClasses(node) && node.ints('class_ids')?.every((id) => id === 0) === true;
  if (transform === 'LOGISTIC') return isSecondClassOnly ? DISTRIBUTION : EACH;
  // With one weight a leaf for two classes, it gives [1 - w, w] and computes no softmax.
  if (isSecondClassOnly) return secondClassLeaves(node);
  if (transform === 'SOFTMAX' || transform === 'SOFTMAX_ZERO') return DISTRIBUTION;
  return transform === 'NONE' ? classLeaves(node) : ANYTHING;
}

function hasTwoClasses(node: GraphNode): boolean {
  const labels = node.ints('classlabels_int64s') ?? node.strings('classlabels_strings') ?? [];
  return labels.length === 2;
}

/** [1 - w, w], where the weights of a way through all trees are never negative and at most 1 together. */
function secondClassLeaves(node: GraphNode): Fact {
  const largest = new Map<number, number>();
  for (const { tree, sum } of leavesOf(node).values()) {
    if (sum < 0) return ANYTHING;
    largest.set(tree, Math.max(largest.get(tree) ?? 0, sum));
  }
  const most = [...largest.values()].reduce((total, weight) => total + weight, 0);
  return largest.size > 0 && most <= 1 + TOLERANCE ? DISTRIBUTION : ANYTHING;
}

/** The weights of each leaf of a tree add up to the same, none is negative, and those of all trees add up to 1. */
function classLeaves(node: GraphNode): Fact {
  const sums = new Map<number, number>();
  for (const { tree, sum, smallest } of leavesOf(node).values()) {
    const other = sums.get(tree);
    if (smallest < 0 || (other !== undefined && Math.abs(other - sum) > TOLERANCE * other)) return ANYTHING;
    sums.set(tree, sum);
  }
  const total = [...sums.values()].reduce((all, sum) => all + sum, 0);
  return Math.abs(total - 1) <= TOLERANCE ? DISTRIBUTION : ANYTHING;
}

interface Leaf {
  readonly tree: number;
  sum: number;
  smallest: number;
}

/** None for a node with base values, or weights in another form. */
function leavesOf(node: GraphNode): ReadonlyMap<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  const [trees = [], nodes = [], weights = []] = [
    node.ints('class_treeids'),
    node.ints('class_nodeids'),
    node.floats('class_weights') ?? node.constant('class_weights_as_tensor')?.numbers(),
  ];
  if (node.has('base_values') || node.has('base_values_as_tensor')) return leaves;
  weights.forEach((weight, index) => {
    const [tree = 0, key] = [trees[index], `${trees[index]} ${nodes[index]}`];
    const leaf = leaves.get(key);
    if (leaf === undefined) leaves.set(key, { tree, sum: weight, smallest: weight });
    else Object.assign(leaf, { sum: leaf.sum + weight, smallest: Math.min(leaf.smallest, weight) });
  });
  return leaves;
}
