/** Follows the axis of the batch from the inputs of a model through its operators. */
import { NotFollowed, notFollowed, type Doubt } from './not-followed.ts';
import type { Constant } from '../onnx/constant.ts';
import { readGraph, type OnnxGraph, type OnnxModel } from '../onnx/graph.ts';
import type { GraphNode } from '../onnx/graph-node.ts';
import { Operation } from './operation.ts';
import { worksOnFirstAxis } from './first-axis.ts';
import { MIXING, NEVER_SAME, RULES } from './rules.ts';
import { SMALL_TENSOR_RULES } from './rules/small-tensors.ts';
import { SHAPE_RULES, VALUE_RULES } from './rules/values.ts';
import { BATCH, isEqual, isOne, ONE, sizeOf, symbolOf, type Size } from './size.ts';
import {
  hasRows,
  isSame,
  isSameShape,
  MAX_RANK,
  numberOf,
  SOME_CONSTANT,
  tellsBatch,
  worst,
  type Taint,
  type Traced,
} from './traced.ts';

/** More elements are weights and not shapes. */
const MAX_VALUES = 64;
/** Graphs in graphs; deeper ones are not followed. */
const MAX_DEPTH = 8;

interface Scope {
  readonly model: OnnxModel;
  readonly symbols: Map<string, Size>;
  readonly values: Map<string, Traced>;
  /** The worst of all nodes so far, also of those that no output comes from. */
  readonly found: { taint?: Taint };
  /** Of the graph around this one, whose values it sees. */
  readonly parent?: Scope;
  readonly depth: number;
}

/** What was found out about a model. */
export interface TracedModel {
  /** In their order. */
  readonly outputs: readonly Traced[];
  /** The worst of all nodes: one that no output comes from runs too, and may fail by the number of rows. */
  readonly taint: Taint | undefined;
}

/** What is known of each output of a model; rows go along the first axis of each input. */
export function traceModel(model: OnnxModel): TracedModel {
  const values = new Map<string, Traced>();
  for (const { name, dims } of model.graph.inputs) values.set(name, tracedInput(name, dims));
  const found: { taint?: Taint } = {};
  const outputs = traceGraph(model.graph, { model, symbols: new Map(), values, found, depth: 0 });
  return { outputs, taint: found.taint };
}

/** A first axis of a fixed size is no batch. `proveRows` refuses those inputs that are taken for constants here. */
function tracedInput(name: string, dims: readonly (number | string)[] | undefined): Traced {
  if (dims === undefined || dims.length > MAX_RANK) return SOME_CONSTANT;
  const shape = dims.map((dim, axis) => {
    if (typeof dim === 'number' && dim >= 0) return sizeOf(dim);
    if (axis === 0) return BATCH;
    return symbolOf(typeof dim === 'string' ? `$${dim}` : `?${name}[${axis}]`);
  });
  return { shape, outer: ONE };
}

function traceGraph(graph: OnnxGraph, scope: Scope): Traced[] {
  for (const [name, constant] of graph.initializers) scope.values.set(name, tracedConstant(constant));
  for (const node of graph.nodes) {
    const outputs = traceNode(node, scope);
    const taint = outputs.reduce<Taint | undefined>((found, output) => worst(found, output.taint), scope.found.taint);
    if (taint !== undefined) scope.found.taint = taint;
    node.outputs.forEach((name, index) => name !== '' && scope.values.set(name, outputs[index] ?? SOME_CONSTANT));
  }
  return graph.outputs.map(({ name }) => lookUp(name, scope));
}

function lookUp(name: string, { values, parent }: Scope): Traced {
  return values.get(name) ?? (parent === undefined ? SOME_CONSTANT : lookUp(name, parent));
}

function tracedConstant(constant: Constant): Traced {
  const { dims, type } = constant;
  // What is left of a sparse one has no type, and no dimensions.
  if (dims.length > MAX_RANK || type === 0) return SOME_CONSTANT;
  const shape = dims.map(sizeOf);
  const count = dims.reduce((product, dim) => product * dim, 1);
  const numbers = count <= MAX_VALUES ? constant.numbers() : undefined;
  const values = numbers?.map((value) => (Number.isInteger(value) ? sizeOf(value) : undefined));
  return { shape, outer: ONE, ...(values && { values }) };
}

function traceNode(node: GraphNode, scope: Scope): readonly Traced[] {
  const { model, symbols } = scope;
  if (node.op === 'Constant' && node.domain === '') return [constantNode(node)];
  const inputs = node.inputs.map((name) => (name === '' ? undefined : lookUp(name, scope)));
  const operation = new Operation(node, inputs, { opset: model.opsets.get(node.domain) ?? 1, symbols });
  const name = node.domain === '' ? node.op : `${node.domain}:${node.op}`;
  if (model.functions.has(`${node.domain}:${node.op}`)) return callFunction(operation);
  const shapes = SHAPE_RULES[name];
  if (shapes !== undefined && inputs[0]?.shape !== undefined) return [shapes(operation)].flat();
  const small = smallResult(name, operation);
  if (small !== undefined) return small;
  if (name === 'If') {
    const branches = traceBranches(operation, scope);
    if (branches !== undefined) return branches;
  }
  return traceData(name, operation);
}

/** Functions that a model brings along are not followed. */
function callFunction({ node, inputs }: Operation): readonly Traced[] {
  if (inputs.every((input) => input === undefined || isSame(input))) return node.outputs.map(() => SOME_CONSTANT);
  return node.outputs.map(() => ({ ...SOME_CONSTANT, taint: { doubt: 'mixes', node } }));
}

function constantNode(node: GraphNode): Traced {
  const constant = node.constant('value');
  if (constant !== undefined) return tracedConstant(constant);
  if (node.has('value_float') || node.has('value_string')) return { shape: [], outer: ONE };
  const unfollowed = node.floats('value_floats') ?? node.strings('value_strings');
  if (unfollowed !== undefined) return { shape: [sizeOf(unfollowed.length)], outer: ONE };
  const single = node.int('value_int');
  if (single !== undefined) return { shape: [], outer: ONE, values: [sizeOf(single)] };
  const list = node.ints('value_ints');
  if (list === undefined) return SOME_CONSTANT;
  const shape = [sizeOf(list.length)];
  return list.length > MAX_VALUES ? { shape, outer: ONE } : { shape, outer: ONE, values: list.map(sizeOf) };
}

/** The result of an operator on shapes; undefined where it is on data, or cannot be told. */
function smallResult(name: string, operation: Operation): readonly Traced[] | undefined {
  if (!operation.inputs.every((input, index) => input === undefined || index > 0 || input.values !== undefined))
    if (name !== 'Concat') return undefined;
  if (operation.inputs.some((input) => input !== undefined && (hasRows(input) || input.taint !== undefined)))
    return undefined;
  const rule = SMALL_TENSOR_RULES[name] ?? VALUE_RULES[name];
  if (rule === undefined) return undefined;
  try {
    const results = [rule(operation)].flat();
    return results.every(({ values }) => (values?.length ?? 0) <= MAX_VALUES) ? results : undefined;
  } catch (error) {
    if (error instanceof NotFollowed) return undefined;
    throw error;
  }
}

/** The branch that is taken, or what both come to. Undefined where the condition, or what they make, is not known. */
function traceBranches(operation: Operation, scope: Scope): readonly Traced[] | undefined {
  const [condition] = operation.inputs;
  if (condition === undefined || !isSame(condition) || scope.depth >= MAX_DEPTH) return undefined;
  const choice = numberOf(condition.values?.[0]);
  const names = choice === undefined ? ['then_branch', 'else_branch'] : [choice === 0 ? 'else_branch' : 'then_branch'];
  const results = names.map((name) => {
    const graph = operation.node.subgraph(name);
    if (graph === undefined) return [];
    return traceGraph(readGraph(graph), { ...scope, values: new Map(), parent: scope, depth: scope.depth + 1 });
  });
  const [first = [], second = first] = results;
  return first.map((value, index) => either(value, second[index] ?? value, operation.node));
}

function either(a: Traced, b: Traced, node: GraphNode): Traced {
  if (a === b) return a;
  const taint = worst(a.taint, b.taint);
  const { shape, outer } = a;
  const isAlike = shape !== undefined && b.shape !== undefined && isSameShape([outer, ...shape], [b.outer, ...b.shape]);
  if (isAlike && !tellsBatch(a) && !tellsBatch(b)) return { shape, outer, ...(taint && { taint }) };
  if (isSame(a) && isSame(b)) return SOME_CONSTANT;
  return { shape: undefined, outer: ONE, taint: { doubt: 'mixes', node } };
}

/** The rule of the operator on its data; what it is not shown to keep apart is tainted from here on. */
function traceData(name: string, operation: Operation): readonly Traced[] {
  const { node, inputs } = operation;
  const given = inputs.filter((input) => input !== undefined);
  const isAllSame = given.every(isSame) && !NEVER_SAME.has(name);
  const doubts: (Doubt | undefined)[] = [!isAllSame && MIXING.has(name) ? 'mixes' : undefined];
  let outputs: readonly Traced[] = [];
  try {
    outputs = [(RULES[name] ?? unknownRule)(operation)].flat();
    const isLost = (output: string, index: number): boolean =>
      output !== '' && !hasRows(outputs[index] ?? SOME_CONSTANT);
    if (given.some(hasRows) && node.outputs.some(isLost)) doubts.push('mixes');
  } catch (error) {
    if (!(error instanceof NotFollowed)) throw error;
    if (!isAllSame) doubts.push(isHidden(name, operation) ? 'mixes' : error.doubt);
  }
  const taints = [...given.map(({ taint }) => taint), ...doubts.map((doubt) => doubt && { doubt, node })];
  const taint = taints.reduce(worst, undefined);
  return node.outputs.map((_, index) => ({ ...(outputs[index] ?? SOME_CONSTANT), ...(taint && { taint }) }));
}

/** Whether trials may not show what an operator does that cannot be followed. */
function isHidden(name: string, operation: Operation): boolean {
  const isTold =
    RULES[name] === undefined && operation.inputs.some((input) => input !== undefined && tellsBatch(input));
  return isTold || worksOnFirstAxis(name, operation);
}

function unknownRule(): never {
  throw notFollowed('unknown');
}

/** Whether an output has its rows on the first axis, one for each of the inputs'. */
export function isRowsFirst({ shape, outer }: Traced): boolean {
  return shape?.[0] !== undefined && isEqual(shape[0], BATCH) && isOne(outer);
}
