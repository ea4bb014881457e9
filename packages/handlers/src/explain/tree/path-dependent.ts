/**
 * TreeSHAP, path-dependent (Lundberg et al., Consistent Individualized Feature Attribution for Tree Ensembles, algorithm 2): a
 * feature that is not known goes both ways, by the shares of the training data that did.
 */
import { goesTrue } from './branch.ts';
import type { TreeBranch, TreeNode } from './tree-ensemble.ts';

/** What a subset of the features on a way weighs, by how many of them are known. */
interface PathElement {
  readonly feature: number;
  /** Share of the data that goes on where the feature is not known. */
  readonly zero: number;
  /** 1 where the sample goes on, else 0. */
  readonly one: number;
  weight: number;
}

/** @param values what each feature adds to each output, [output][feature]; the tree's are added to them */
export function addPathDependent(tree: TreeNode, sample: readonly number[], values: readonly number[][]): void {
  const visit = (node: TreeNode, path: readonly PathElement[]): void => {
    if (node.kind === 'leaf') return addLeaf(node.values, path, values);
    const before = path.findIndex(({ feature }) => feature === node.feature);
    const known = path[before] ?? { zero: 1, one: 1 };
    const rest = before < 0 ? path : unwound(path, before);
    const isTrue = goesTrue(node, sample);
    const share = trueShare(node);
    const step = (goes: boolean, part: number) => ({
      feature: node.feature,
      zero: known.zero * part,
      one: goes ? known.one : 0,
    });
    visit(node.whenTrue, extended(rest, step(isTrue, share)));
    visit(node.whenFalse, extended(rest, step(!isTrue, 1 - share)));
  };
  visit(tree, extended([], { feature: -1, zero: 1, one: 1 }));
}

/** What a tree gives on average over the data that its covers count. */
export function expectedValues(node: TreeNode): readonly number[] {
  if (node.kind === 'leaf') return node.values;
  const [share, whenTrue, whenFalse] = [trueShare(node), expectedValues(node.whenTrue), expectedValues(node.whenFalse)];
  return whenTrue.map((value, output) => share * value + (1 - share) * (whenFalse[output] ?? 0));
}

/** Half, where no data passed. */
function trueShare({ whenTrue, whenFalse }: TreeBranch): number {
  const total = whenTrue.cover + whenFalse.cover;
  return total > 0 ? whenTrue.cover / total : 0.5;
}

function addLeaf(leaf: readonly number[], path: readonly PathElement[], values: readonly number[][]): void {
  for (let index = 1; index < path.length; index += 1) {
    const { feature, zero, one } = path[index] as PathElement;
    const scale = unwoundSum(path, index) * (one - zero);
    values.forEach((ofOutput, output) => {
      ofOutput[feature] = (ofOutput[feature] ?? 0) + scale * (leaf[output] ?? 0);
    });
  }
}

function extended(path: readonly PathElement[], step: Omit<PathElement, 'weight'>): PathElement[] {
  const { length } = path;
  const next = path.map((element) => ({ ...element }));
  next.push({ ...step, weight: length === 0 ? 1 : 0 });
  for (let index = length - 1; index >= 0; index -= 1) {
    const [element, after] = [next[index] as PathElement, next[index + 1] as PathElement];
    after.weight += (step.one * element.weight * (index + 1)) / (length + 1);
    element.weight = (step.zero * element.weight * (length - index)) / (length + 1);
  }
  return next;
}

/** The path as if it had never been extended by one of its elements. */
function unwound(path: readonly PathElement[], removed: number): PathElement[] {
  const weights = unwoundWeights(path, removed);
  return path.toSpliced(removed, 1).map((element, index) => ({ ...element, weight: weights[index] ?? 0 }));
}

function unwoundSum(path: readonly PathElement[], removed: number): number {
  return unwoundWeights(path, removed).reduce((sum, weight) => sum + weight, 0);
}

function unwoundWeights(path: readonly PathElement[], removed: number): number[] {
  const { zero, one } = path[removed] as PathElement;
  const last = path.length - 1;
  const weights = path.slice(0, -1).map(({ weight }) => weight);
  let carried = path[last]?.weight ?? 0;
  for (let index = last - 1; index >= 0; index -= 1) {
    const weight = weights[index] ?? 0;
    if (one === 0) {
      weights[index] = zero === 0 ? 0 : (weight * (last + 1)) / (zero * (last - index));
    } else {
      const found = (carried * (last + 1)) / ((index + 1) * one);
      weights[index] = found;
      carried = weight - (found * zero * (last - index)) / (last + 1);
    }
  }
  return weights;
}
