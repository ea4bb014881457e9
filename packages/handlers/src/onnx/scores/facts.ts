/** Follows what is known of values through the operators of a graph. */
import type { GraphNode } from '../graph-node.ts';
import type { OnnxGraph } from '../graph.ts';
import * as of from './fact.ts';
import { ANYTHING, BIT, DISTRIBUTION, EACH, type Fact } from './fact.ts';
import { isComplement, isLogNormalised, isNormalised } from './patterns.ts';
import { leavesFact } from './several-outputs.ts';
import { treeScores } from './tree-leaves.ts';

/** What a rule may look at. */
interface Step {
  readonly node: GraphNode;
  readonly graph: OnnxGraph;
  /** Of the node's inputs, in order. */
  readonly inputs: readonly Fact[];
}

type Rule = (step: Step) => Fact;

/** Whose operators the rules are for; others may have the same names. */
const DOMAINS = ['', 'ai.onnx.ml', 'com.microsoft'];

/** By the name of the value; values without a rule are left out. */
export function factsOf(graph: OnnxGraph): ReadonlyMap<string, Fact> {
  const facts = new Map<string, Fact>();
  for (const [name, constant] of graph.initializers) facts.set(name, constantFact(constant.numbers()));
  for (const node of graph.nodes) {
    const rule = DOMAINS.includes(node.domain) && Object.hasOwn(RULES, node.op) ? RULES[node.op] : undefined;
    if (rule === undefined) continue;
    const inputs = node.inputs.map((name) => facts.get(name) ?? ANYTHING);
    const fact = rule({ node, graph, inputs });
    for (const output of scoreOutputs(node)) facts.set(output, fact);
  }
  return facts;
}

/** The first output of the classifiers of `ai.onnx.ml` is the label. */
function scoreOutputs({ domain, outputs }: GraphNode): readonly string[] {
  return domain === 'ai.onnx.ml' && outputs.length > 1 ? outputs.slice(1) : outputs;
}

function constantFact(values: readonly number[] | undefined): Fact {
  if (values === undefined || values.length === 0) return ANYTHING;
  return of.interval(
    values.reduce((low, value) => Math.min(low, value), Infinity),
    values.reduce((high, value) => Math.max(high, value), -Infinity),
  );
}

const same: Rule = ({ inputs: [input = ANYTHING] }) => input;
const bit: Rule = () => BIT;
const softmax: Rule = ({ node }) => (node.int('axis', -1) === 0 ? BIT : DISTRIBUTION);
const sigmoid: Rule = () => EACH;
const notNegative: Rule = ({ inputs: [input = ANYTHING] }) =>
  of.interval(Math.max(0, input.low), Math.max(0, input.high));
const symmetric: Rule = () => of.interval(-1, 1);

/** One column of probabilities is a probability. */
const part: Rule = ({ inputs: [input = ANYTHING] }) => {
  const isProbability = input.isEach === true || (input.total === 1 && input.low >= 0 && input.high <= 1);
  return { low: input.low, high: input.high, ...(isProbability && { isEach: true }) };
};

const RULES: Readonly<Record<string, Rule>> = {
  ...named(same, 'Identity', 'Cast', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Dropout', 'Transpose', 'ZipMap'),
  ...named(same, 'QuantizeLinear', 'DequantizeLinear', 'Expand', 'CastLike'),
  ...named(bit, 'Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual', 'Not', 'And', 'Or', 'Xor'),
  ...named(softmax, 'Softmax', 'QLinearSoftmax'),
  ...named(sigmoid, 'Sigmoid', 'HardSigmoid', 'QLinearSigmoid'),
  ...named(notNegative, 'Relu'),
  ...named(symmetric, 'Tanh', 'Erf', 'Sin', 'Cos'),
  ...named(part, 'Slice', 'Gather', 'GatherElements', 'Split', 'ReduceMax', 'ReduceMin'),
  ArrayFeatureExtractor: (step) => leavesFact(step.node, step.graph) ?? part(step),
  LogSoftmax: () => ({ low: -Infinity, high: 0, isLog: true }),
  Abs: () => of.interval(0, Infinity),
  Sqrt: () => of.interval(0, Infinity),
  Softplus: () => of.interval(0, Infinity),
  Neg: ({ inputs: [input = ANYTHING] }) => of.interval(-input.high, -input.low),
  Exp: ({ inputs: [input = ANYTHING] }) =>
    input.isLog === true ? DISTRIBUTION : of.interval(Math.exp(input.low), Math.exp(input.high)),
  Reciprocal: ({ inputs: [input = ANYTHING] }) => of.divide(of.interval(1, 1), input),
  Add: ({ inputs }) => of.add(inputs),
  Sum: ({ inputs }) => of.add(inputs),
  Mean: ({ inputs }) => of.divide(of.add(inputs), of.interval(inputs.length, inputs.length)),
  Sub: ({ node, graph, inputs: [one = ANYTHING, other = ANYTHING] }) =>
    isLogNormalised(node, graph) ? { low: -Infinity, high: 0, isLog: true } : of.subtract(one, other),
  Mul: ({ inputs: [one = ANYTHING, other = ANYTHING] }) => of.multiply(one, other),
  Div: ({ node, graph, inputs: [one = ANYTHING, other = ANYTHING] }) =>
    one.low >= 0 && isNormalised(node, graph) ? DISTRIBUTION : of.divide(one, other),
  Max: ({ inputs }) =>
    of.interval(Math.max(...inputs.map(({ low }) => low)), Math.max(...inputs.map(({ high }) => high))),
  Min: ({ inputs }) =>
    of.interval(Math.min(...inputs.map(({ low }) => low)), Math.min(...inputs.map(({ high }) => high))),
  Clip: ({ node, inputs: [input = ANYTHING, least, most] }) => {
    const low = node.float('min') ?? least?.low ?? -Infinity;
    const high = node.float('max') ?? most?.high ?? Infinity;
    const clipped = of.interval(Math.max(input.low, low), Math.min(input.high, high));
    return low <= input.low && high >= input.high ? input : clipped;
  },
  Where: ({ inputs: [, one = ANYTHING, other = ANYTHING] }) => of.union([one, other]),
  ReduceSum: ({ inputs: [input = ANYTHING] }) => (input.low >= 0 ? of.interval(input.low, Infinity) : ANYTHING),
  // Over the models of an ensemble; over the classes, the total is lost.
  ReduceMean: ({ node, graph, inputs: [input = ANYTHING] }) =>
    axesOf(node, graph)?.every((axis) => axis === 0) === true ? input : of.interval(input.low, input.high),
  Concat: concatenation,
  Normalizer: ({ node, inputs: [input = ANYTHING] }) =>
    node.string('norm') === 'L1' && input.low >= 0 ? DISTRIBUTION : ANYTHING,
  LpNormalization: ({ node, inputs: [input = ANYTHING] }) =>
    node.int('p', 2) === 1 && node.int('axis', -1) !== 0 && input.low >= 0 ? DISTRIBUTION : ANYTHING,
  Constant: ({ node }) => constantFact(node.constant('value')?.numbers() ?? single(node.float('value_float'))),
  LinearClassifier: ({ node }) => (isMirrored(node) ? DISTRIBUTION : transformed(node.string('post_transform'))),
  SVMClassifier: ({ node }) =>
    (node.floats('prob_a') ?? []).length > 0 ? DISTRIBUTION : transformed(node.string('post_transform')),
  TreeEnsembleClassifier: ({ node }) => treeScores(node),
};

function named(rule: Rule, ...ops: readonly string[]): Record<string, Rule> {
  return Object.fromEntries(ops.map((op) => [op, rule]));
}

function single(value: number | undefined): readonly number[] | undefined {
  return value === undefined ? undefined : [value];
}

/** An attribute up to opset 17, an input since. */
function axesOf(node: GraphNode, { initializers }: OnnxGraph): readonly number[] | undefined {
  return node.ints('axes') ?? initializers.get(node.inputs[1] ?? '')?.integers();
}

/** Of one model after the other along the first axis, else of columns. */
function concatenation({ node, graph, inputs }: Step): Fact {
  const both = of.union(inputs);
  const [first = ANYTHING] = inputs;
  if (node.int('axis', 1) === 0) {
    const isSame = inputs.every(({ total, isEach }) => total === first.total && isEach === first.isEach);
    return isSame ? { ...first, ...both } : both;
  }
  if (isComplement(node, graph)) return { ...both, total: 1 };
  return inputs.every(({ isEach }) => isEach === true) ? { ...both, isEach: true } : both;
}

/** Two sigmoids of a value and of its opposite add up to 1. */
function isMirrored(node: GraphNode): boolean {
  if (node.string('post_transform') !== 'LOGISTIC') return false;
  return (
    ['coefficients', 'intercepts'].every((name) => {
      const values = node.floats(name) ?? [];
      const half = values.length / 2;
      return (
        Number.isInteger(half) &&
        values.slice(0, half).every((value, index) => value === -(values[half + index] ?? NaN))
      );
    }) && node.floats('intercepts')?.length === 2
  );
}

/** What `post_transform` makes of scores. */
function transformed(transform = 'NONE'): Fact {
  if (transform === 'LOGISTIC') return EACH;
  return transform === 'SOFTMAX' || transform === 'SOFTMAX_ZERO' ? DISTRIBUTION : ANYTHING;
}
