/** The leaves of a tree with several outputs, as skl2onnx has them: a constant [outputs, classes, leaves], one leaf picked for each row. */
import type { GraphNode } from '../graph-node.ts';
import type { OnnxGraph } from '../graph.ts';
import { DISTRIBUTION, interval, type Fact } from './fact.ts';

/** More is no tree whose leaves are worth the time. */
const MOST_VALUES = 1 << 20;
/** They are float32. */
const TOLERANCE = 1e-3;

/** What is known of the picked leaves; undefined where the constant is none of leaves. */
export function leavesFact({ inputs: [name = ''] }: GraphNode, { initializers }: OnnxGraph): Fact | undefined {
  const constant = initializers.get(name);
  const [outputs = 0, classes = 0, leaves = 0, ...others] = constant?.dims ?? [];
  if (constant === undefined || outputs * classes * leaves === 0 || others.length > 0) return undefined;
  const values = constant.numbers(MOST_VALUES);
  if (values === undefined || values.some((value) => !(value >= 0))) return undefined;
  const sums = new Float64Array(outputs * leaves);
  values.forEach((value, index) => {
    const place = Math.floor(index / (classes * leaves)) * leaves + (index % leaves);
    sums[place] = (sums[place] ?? 0) + value;
  });
  return sums.every((sum) => Math.abs(sum - 1) <= TOLERANCE) ? DISTRIBUTION : interval(0, Infinity);
}
