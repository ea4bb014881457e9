/** Several operators that make probabilities together, where a graph has no softmax. */
import type { GraphNode } from '../graph-node.ts';
import type { OnnxGraph } from '../graph.ts';

/** Operators that a divisor may pass on its way from the sum: they give it a shape, or keep it from being 0. */
const ON_THE_WAY = [
  'Reshape',
  'Unsqueeze',
  'Squeeze',
  'Identity',
  'Cast',
  'Add',
  'Max',
  'Clip',
  'Expand',
  'Where',
  'Mul',
];
const SHAPES = ['Identity', 'Reshape', 'Cast', 'Squeeze', 'Unsqueeze'];
const DEPTH = 6;

/** x / sum(x), also (x + mask) / (sum(x) + mask), which divides rows of zeros evenly. */
export function isNormalised(division: GraphNode, graph: OnnxGraph): boolean {
  const [dividend = '', divisor = ''] = division.inputs;
  const parts = [dividend, ...addends(dividend, graph)];
  return summed(divisor, 'ReduceSum', { graph, depth: DEPTH }).some((name) => parts.includes(name));
}

/** x - log(sum(exp(x))). */
export function isLogNormalised(difference: GraphNode, graph: OnnxGraph): boolean {
  const [value = '', normaliser = ''] = difference.inputs;
  return summed(normaliser, 'ReduceLogSumExp', { graph, depth: DEPTH }).includes(value);
}

/** [1 - p, p], as the two classes of a binary classifier are made of one value. */
export function isComplement(concatenation: GraphNode, graph: OnnxGraph): boolean {
  const [first = '', second = '', ...others] = concatenation.inputs;
  return others.length === 0 && origin(second, graph) === minuend(first, graph);
}

/** p of 1 - p, or of -p + 1. */
function minuend(name: string, graph: OnnxGraph): string | undefined {
  const node = graph.producers.get(origin(name, graph));
  const [one = '', other = ''] = node?.inputs ?? [];
  if (node?.op === 'Sub') return isOne(one, graph) ? origin(other, graph) : undefined;
  if (node?.op !== 'Add' || !isOne(other, graph)) return undefined;
  const negated = graph.producers.get(origin(one, graph));
  return negated?.op === 'Neg' ? origin(negated.inputs[0] ?? '', graph) : undefined;
}

function isOne(name: string, { initializers, producers }: OnnxGraph): boolean {
  const constant = initializers.get(name) ?? producers.get(name)?.constant('value');
  return constant?.numbers()?.every((value) => value === 1) === true;
}

/** The value before operators that change its form alone. */
function origin(name: string, graph: OnnxGraph): string {
  let current = name;
  for (let node = graph.producers.get(current); node !== undefined; node = graph.producers.get(current)) {
    const isForm = SHAPES.includes(node.op) || (node.op === 'Concat' && node.inputs.length === 1);
    if (!isForm) return current;
    current = node.inputs[0] ?? '';
  }
  return current;
}

function addends(name: string, { producers }: OnnxGraph): readonly string[] {
  const node = producers.get(name);
  return node?.op === 'Add' ? node.inputs : [];
}

/** What the reductions sum over that a value is made of. */
function summed(name: string, op: string, { graph, depth }: { graph: OnnxGraph; depth: number }): readonly string[] {
  const node = graph.producers.get(name);
  if (node === undefined || depth === 0) return [];
  if (node.op === op) return isOverRows(node, graph) ? [node.inputs[0] ?? ''] : [];
  if (!ON_THE_WAY.includes(node.op)) return [];
  return node.inputs.flatMap((input) => summed(input, op, { graph, depth: depth - 1 }));
}

/** Not over the batch. */
function isOverRows(node: GraphNode, { initializers }: OnnxGraph): boolean {
  const axes = node.ints('axes') ?? initializers.get(node.inputs[1] ?? '')?.integers() ?? [];
  return !axes.includes(0);
}
