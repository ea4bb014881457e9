/** Reads what a model computes: its nodes, inputs, outputs and constants. Weights stay where they are, undecoded. */
import { Constant } from './constant.ts';
import { fieldsOf, integerField, lastField, stringField, textOf } from './fields.ts';
import { GraphNode, plainDomain } from './graph-node.ts';

/** What a ModelProto holds, as far as it tells what is computed. */
export interface OnnxModel {
  /** Versions of the operator sets by domain; ONNX's own is `''`. */
  readonly opsets: ReadonlyMap<string, number>;
  /** `domain:name` of the functions that the model brings along; nodes may be calls of them. */
  readonly functions: ReadonlySet<string>;
  /** The main graph. */
  readonly graph: OnnxGraph;
}

/** A graph, in the order of its file. */
export interface OnnxGraph {
  /** Of older files, the initializers too. */
  readonly inputs: readonly GraphValue[];
  /** In the model's own order. */
  readonly outputs: readonly GraphValue[];
  /** In an order in which they can be computed. */
  readonly nodes: readonly GraphNode[];
  /** Constants by name; those of sparse tensors have no values. */
  readonly initializers: ReadonlyMap<string, Constant>;
  /** The node that makes each value, by the value's name. */
  readonly producers: ReadonlyMap<string, GraphNode>;
}

/** An input or output of a graph. */
export interface GraphValue {
  /** As nodes refer to it. */
  readonly name: string;
  /** TensorProto.DataType (1 float32, 7 int64 …); undefined for what is not a tensor. */
  readonly type: number | undefined;
  /** Sizes, symbolic names, -1 for a dynamic one without a name; undefined where even the rank is not told. */
  readonly dims: readonly (number | string)[] | undefined;
}

/** The largest graphs that are exported have some ten thousand. */
const MAX_NODES = 200_000;

/** @throws Error for bytes that are not an ONNX model, and for a graph of more than 200,000 nodes */
export function readModel(model: Uint8Array): OnnxModel {
  const opsets = new Map<string, number>();
  const functions = new Set<string>();
  const graphs: Uint8Array[] = [];
  for (const { number, bytes } of fieldsOf(model)) {
    if (bytes === undefined) continue;
    if (number === 7) graphs.push(bytes);
    else if (number === 8) opsets.set(plainDomain(stringField(bytes, 1)), integerField(bytes, 2));
    else if (number === 25) functions.add(`${plainDomain(stringField(bytes, 10))}:${stringField(bytes, 1)}`);
  }
  const [graph] = graphs;
  if (graph === undefined || graphs.length > 1) throw new Error(`Expected a model with a graph, got ${graphs.length}`);
  return { opsets, functions, graph: readGraph(graph) };
}

/** The same for a GraphProto alone, such as a subgraph's. @throws Error as `readModel` does */
export function readGraph(message: Uint8Array): OnnxGraph {
  const inputs: GraphValue[] = [];
  const outputs: GraphValue[] = [];
  const nodes: GraphNode[] = [];
  const initializers = new Map<string, Constant>();
  for (const { number, bytes } of fieldsOf(message)) {
    if (bytes === undefined) continue;
    if (number === 1) nodes.push(new GraphNode(bytes));
    else if (number === 5) addConstant(initializers, bytes);
    else if (number === 11) inputs.push(readValue(bytes));
    else if (number === 12) outputs.push(readValue(bytes));
    else if (number === 15) addConstant(initializers, withoutValues(bytes));
    if (nodes.length > MAX_NODES) throw new Error(`Expected a graph of at most ${MAX_NODES} nodes, got more`);
  }
  return { inputs, outputs, nodes, initializers, producers: producersOf(nodes) };
}

function addConstant(initializers: Map<string, Constant>, tensor: Uint8Array): void {
  const constant = new Constant(tensor);
  initializers.set(constant.name, constant);
}

/** The values of a SparseTensorProto are a TensorProto that bears the name; its type and dimensions are not the whole's. */
function withoutValues(sparse: Uint8Array): Uint8Array {
  const values = lastField(sparse, 1)?.bytes ?? new Uint8Array();
  return lastField(values, 8)?.raw ?? new Uint8Array();
}

function producersOf(nodes: readonly GraphNode[]): ReadonlyMap<string, GraphNode> {
  const producers = new Map<string, GraphNode>();
  for (const node of nodes) for (const output of node.outputs) if (output !== '') producers.set(output, node);
  return producers;
}

function readValue(valueInfo: Uint8Array): GraphValue {
  const type = lastField(valueInfo, 2)?.bytes;
  const tensor = type && lastField(type, 1)?.bytes;
  const shape = tensor && lastField(tensor, 2)?.bytes;
  return {
    name: stringField(valueInfo, 1),
    type: tensor && integerField(tensor, 1),
    dims: shape && [...fieldsOf(shape)].filter(({ number }) => number === 1).map(({ bytes }) => readDim(bytes)),
  };
}

function readDim(dim: Uint8Array = new Uint8Array()): number | string {
  const name = textOf(lastField(dim, 2)?.bytes);
  if (name !== '') return name;
  return lastField(dim, 1) === undefined ? -1 : integerField(dim, 1);
}
