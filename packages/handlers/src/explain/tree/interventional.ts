/**
 * TreeSHAP, interventional (Lundberg et al., From local explanations to global understanding): exact Shapley values of the game
 * in which a feature that is not known has the value of a background sample.
 */
import { goesTrue } from './branch.ts';
import type { TreeNode } from './tree-ensemble.ts';

/** Whose value decides at the branches of a feature. */
type Owner = 'sample' | 'background';

/**
 * Adds what a tree gives for a sample in comparison with one of the background.
 * @param values [output][feature]; what is added has `weight`
 */
export function addInterventional(
  tree: TreeNode,
  { sample, background, weight }: Comparison,
  values: readonly number[][],
): void {
  const owners = new Map<number, Owner>();
  const counts = { sample: 0, background: 0 };
  const visit = (node: TreeNode): void => {
    if (node.kind === 'leaf') {
      if (owners.size > 0) addLeaf(node.values, { owners, counts, weight }, values);
      return;
    }
    const ways: Record<Owner, boolean> = { sample: goesTrue(node, sample), background: goesTrue(node, background) };
    const owner = ways.sample === ways.background ? 'sample' : owners.get(node.feature);
    if (owner !== undefined) return visit(ways[owner] ? node.whenTrue : node.whenFalse);
    for (const next of ['sample', 'background'] as const) {
      owners.set(node.feature, next);
      counts[next] += 1;
      visit(ways[next] ? node.whenTrue : node.whenFalse);
      counts[next] -= 1;
    }
    owners.delete(node.feature);
  };
  visit(tree);
}

/** Two samples that are compared. */
export interface Comparison {
  /** The one that is explained. */
  readonly sample: readonly number[];
  /** What it is compared with. */
  readonly background: readonly number[];
  /** Share of the background that this sample stands for. */
  readonly weight: number;
}

interface Way {
  readonly owners: ReadonlyMap<number, Owner>;
  readonly counts: Readonly<Record<Owner, number>>;
  readonly weight: number;
}

/** A leaf is reached when all features of the sample's are known and none of the background's is. */
function addLeaf(leaf: readonly number[], { owners, counts, weight }: Way, values: readonly number[][]): void {
  const { sample: known, background: unknown } = counts;
  const total = known + unknown;
  const orders = binomial(total, known);
  const gain = weight / (orders * known);
  const loss = weight / (orders * unknown);
  for (const [feature, owner] of owners) {
    const scale = owner === 'sample' ? gain : -loss;
    values.forEach((ofOutput, output) => {
      ofOutput[feature] = (ofOutput[feature] ?? 0) + scale * (leaf[output] ?? 0);
    });
  }
}

function binomial(total: number, chosen: number): number {
  let result = 1;
  for (let index = 1; index <= chosen; index += 1) result = (result * (total - chosen + index)) / index;
  return result;
}

/** What a tree gives for a sample. */
export function leafOf(tree: TreeNode, sample: readonly number[]): readonly number[] {
  let node = tree;
  while (node.kind === 'branch') node = goesTrue(node, sample) ? node.whenTrue : node.whenFalse;
  return node.values;
}
