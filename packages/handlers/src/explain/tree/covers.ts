/** How much of the training data passed each node of a tree, which path-dependent values are weighted by. */
import { goesTrue } from './branch.ts';
import type { TreeNode } from './tree-ensemble.ts';

/** Covers are float32. */
const TOLERANCE = 1e-3;

/** Whether what passed a node is what passed the two behind it, everywhere; converters write 1 or nothing. */
export function hasCovers(node: TreeNode): boolean {
  if (node.kind === 'leaf') return true;
  const { cover, whenTrue, whenFalse } = node;
  const isWhole = Math.abs(cover - whenTrue.cover - whenFalse.cover) <= TOLERANCE * cover;
  return isWhole && hasCovers(whenTrue) && hasCovers(whenFalse);
}

/** The same tree, with how many of the samples pass each node. */
export function withCovers(node: TreeNode, samples: readonly (readonly number[])[]): TreeNode {
  const cover = samples.length;
  if (node.kind === 'leaf') return { ...node, cover };
  const [whenTrue, whenFalse] = [true, false].map((way) => samples.filter((sample) => goesTrue(node, sample) === way));
  return {
    ...node,
    cover,
    whenTrue: withCovers(node.whenTrue, whenTrue ?? []),
    whenFalse: withCovers(node.whenFalse, whenFalse ?? []),
  };
}
