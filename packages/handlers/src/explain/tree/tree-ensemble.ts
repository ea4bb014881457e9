/** A TreeEnsembleClassifier or TreeEnsembleRegressor (ai.onnx.ml) as trees that can be walked. */
import type { GraphNode } from '../../onnx/graph-node.ts';
import { branchOf, type Branch } from './branch.ts';

/** Sums of leaves, as the operator has them before `post_transform`. */
export interface TreeEnsemble {
  /** A class for each output, or `target 0`, … of a regressor. With one output for two classes it is that of the second. */
  readonly outputNames: readonly string[];
  /** What is added to the sum of the leaves; one for each output. */
  readonly baseValues: readonly number[];
  /** Each from its root. */
  readonly trees: readonly TreeNode[];
  /** One more than the highest column that a branch asks for. */
  readonly columnCount: number;
  /** What the operator makes of the sums: `NONE`, `LOGISTIC`, `SOFTMAX`, … */
  readonly postTransform: string;
}

/** A node of a tree. */
export type TreeNode = TreeBranch | TreeLeaf;

/** A question about one feature. */
export interface TreeBranch extends Branch {
  /** Not a leaf. */
  readonly kind: 'branch';
  /** Where samples go of which it holds. */
  readonly whenTrue: TreeNode;
  /** Where the others go. */
  readonly whenFalse: TreeNode;
  /** How much of the training data passed here; whatever the file has. */
  readonly cover: number;
}

/** The end of a way. */
export interface TreeLeaf {
  /** No branch. */
  readonly kind: 'leaf';
  /** What it adds to each output. */
  readonly values: readonly number[];
  /** As that of a branch. */
  readonly cover: number;
}

/** @throws Error for what the file has and this cannot follow: other aggregates than sums, nodes that are not there */
export function readTreeEnsemble(node: GraphNode): TreeEnsemble {
  const aggregate = node.string('aggregate_function') ?? 'SUM';
  if (aggregate !== 'SUM' && aggregate !== 'AVERAGE') {
    throw new Error(`expected trees whose leaves are summed or averaged, got aggregate_function ${aggregate}`);
  }
  const outputs = outputsOf(node);
  const leaves = leavesOf(node, outputs);
  const roots = readTrees(node, leaves, outputs.ids.length);
  const trees = aggregate === 'SUM' ? roots : roots.map((root) => divided(root, roots.length));
  const features = node.ints('nodes_featureids') ?? [];
  return {
    outputNames: outputs.names,
    baseValues: baseValuesOf(node, outputs.ids),
    trees,
    columnCount: features.reduce((most, feature) => Math.max(most, feature + 1), 0),
    postTransform: node.string('post_transform') ?? 'NONE',
  };
}

interface Outputs {
  /** As the leaves refer to them. */
  readonly ids: readonly number[];
  readonly names: readonly string[];
}

function outputsOf(node: GraphNode): Outputs {
  const labels = node.strings('classlabels_strings') ?? node.bigints('classlabels_int64s')?.map(String);
  if (labels === undefined) {
    const count = node.int('n_targets', 1);
    const ids = Array.from({ length: count }, (_, id) => id);
    return { ids, names: ids.map((id) => `target ${id}`) };
  }
  const used = [...new Set(node.ints('class_ids'))];
  // One weight a leaf for two classes stands for the second one, whatever its number.
  if (labels.length === 2 && used.length === 1) return { ids: used, names: labels.slice(1) };
  return { ids: labels.map((_, id) => id), names: labels };
}

/** ONNX has one for each class, or, where one output stands for two classes, one or two. */
function baseValuesOf(node: GraphNode, ids: readonly number[]): number[] {
  const values = numbersOf(node, 'base_values');
  return ids.map((id) => (ids.length === 1 ? (values.at(-1) ?? 0) : (values[id] ?? 0)));
}

type Leaves = ReadonlyMap<string, readonly number[]>;

function leavesOf(node: GraphNode, { ids }: Outputs): Leaves {
  const prefix = node.has('class_ids') ? 'class' : 'target';
  const [trees = [], nodes = [], targets = []] = ['treeids', 'nodeids', 'ids'].map((list) =>
    node.ints(`${prefix}_${list}`),
  );
  const leaves = new Map<string, number[]>();
  numbersOf(node, `${prefix}_weights`).forEach((weight, index) => {
    const key = `${trees[index]} ${nodes[index]}`;
    const values = leaves.get(key) ?? ids.map(() => 0);
    const output = ids.indexOf(targets[index] ?? NaN);
    values[output] = (values[output] ?? 0) + weight;
    leaves.set(key, values);
  });
  return leaves;
}

/** Of a list of floats, or of the tensor of doubles that may be there instead. */
function numbersOf(node: GraphNode, name: string): readonly number[] {
  return node.floats(name) ?? node.constant(`${name}_as_tensor`)?.numbers(Infinity) ?? [];
}

function readTrees(node: GraphNode, leaves: Leaves, outputCount: number): TreeNode[] {
  const ids = node.ints('nodes_nodeids') ?? [];
  const trees = node.ints('nodes_treeids') ?? [];
  const lists = {
    modes: node.strings('nodes_modes') ?? [],
    features: node.ints('nodes_featureids') ?? [],
    thresholds: numbersOf(node, 'nodes_values'),
    missing: node.ints('nodes_missing_value_tracks_true') ?? [],
    covers: numbersOf(node, 'nodes_hitrates'),
    whenTrue: node.ints('nodes_truenodeids') ?? [],
    whenFalse: node.ints('nodes_falsenodeids') ?? [],
  };
  const places = new Map(ids.map((id, index) => [`${trees[index]} ${id}`, index]));
  const none = Array.from({ length: outputCount }, () => 0);
  const build = (key: string, above: ReadonlySet<string>): TreeNode => {
    const index = places.get(key);
    if (index === undefined || above.has(key)) throw new Error(`expected trees, got a way that leads to node ${key}`);
    const cover = lists.covers[index] ?? 1;
    const mode = lists.modes[index] ?? '';
    if (mode === 'LEAF') return { kind: 'leaf', values: leaves.get(key) ?? none, cover };
    const path = new Set(above).add(key);
    return {
      kind: 'branch',
      ...branchOf(mode, {
        feature: lists.features[index] ?? 0,
        column: lists.features[index] ?? 0,
        threshold: lists.thresholds[index] ?? 0,
        missingIsTrue: lists.missing[index] === 1,
      }),
      cover,
      whenTrue: build(`${trees[index]} ${lists.whenTrue[index]}`, path),
      whenFalse: build(`${trees[index]} ${lists.whenFalse[index]}`, path),
    };
  };
  const roots = new Map<number | undefined, string>();
  ids.forEach((id, index) => {
    // The first node of a tree is its root.
    if (!roots.has(trees[index])) roots.set(trees[index], `${trees[index]} ${id}`);
  });
  return [...roots.values()].map((key) => build(key, new Set()));
}

/** A tree of an average: its leaves have a share. */
export function divided(node: TreeNode, count: number): TreeNode {
  if (node.kind === 'leaf') return { ...node, values: node.values.map((value) => value / count) };
  return { ...node, whenTrue: divided(node.whenTrue, count), whenFalse: divided(node.whenFalse, count) };
}
