/** What trees are given, made of the features of the model's input: each column of one feature. */
import type { Constant } from '../../onnx/constant.ts';
import type { GraphNode } from '../../onnx/graph-node.ts';
import type { OnnxGraph } from '../../onnx/graph.ts';

/** A column of what the trees are given. */
export interface TreeColumn {
  /** The feature that it is made of: its place among those of all inputs, in their order. */
  readonly feature: number;
  /** Its value, of that of the feature. */
  readonly valueOf: (value: number) => number;
}

/** TensorProto.DataType of numbers that are not float32. */
const TYPES: Readonly<Record<number, (value: number) => number>> = {
  1: Math.fround,
  6: Math.trunc,
  7: Math.trunc,
  11: (value) => value,
};

/** Columns beside each other. */
export interface TreeColumns {
  /** How many there are; undefined where the model does not tell. */
  readonly width: number | undefined;
  /** One of them. @throws Error for one that there is not */
  readonly at: (column: number) => TreeColumn;
}

/** The columns of a value of a graph. @throws Error that names the operator that makes something else of the features */
export function treeColumns(graph: OnnxGraph, name: string): TreeColumns {
  const node = graph.producers.get(name);
  if (node === undefined) return columnsOfInput(graph, name);
  const make = Object.hasOwn(OPERATORS, node.op) ? OPERATORS[node.op] : undefined;
  if (make === undefined) throw new Error(`expected trees whose columns are each made of one feature, got ${node.op}`);
  return make(node, graph);
}

/** Several inputs have their columns beside each other. */
function columnsOfInput({ inputs, initializers }: OnnxGraph, name: string): TreeColumns {
  // Older files have their constants among them.
  const own = inputs.filter((input) => !initializers.has(input.name));
  const place = own.findIndex((input) => input.name === name);
  const widths = own.map(({ dims = [] }) => (dims.length === 1 ? 1 : Number(dims[1])));
  const first = widths.slice(0, place).reduce((sum, width) => sum + width, 0);
  const round = TYPES[own[place]?.type ?? 1];
  if (place < 0 || !(first >= 0) || round === undefined)
    throw new Error(`expected trees of inputs of numbers whose columns are known, got "${name}"`);
  const width = Number(widths[place]) > 0 ? widths[place] : undefined;
  return limited(width, (column) => ({ feature: first + column, valueOf: round }));
}

function limited(width: number | undefined, at: TreeColumns['at']): TreeColumns {
  return {
    width,
    at: (column) => {
      if (column >= 0 && column < (width ?? Infinity)) return at(column);
      throw new Error(`expected trees of ${width} columns, got one that asks for column ${column}`);
    },
  };
}

type MakeColumns = (node: GraphNode, graph: OnnxGraph) => TreeColumns;

const same: MakeColumns = (node, graph) => treeColumns(graph, node.inputs[0] ?? '');

/** As ONNX Runtime computes: in float32. */
const OPERATORS: Readonly<Record<string, MakeColumns>> = {
  Identity: same,
  Reshape(node, graph) {
    const columns = same(node, graph);
    const [rows, width, ...others] = constantOf(graph, node.inputs[1] ?? '')?.numbers() ?? [];
    const isSame = width === columns.width || (rows === 0 && width === -1);
    if (width === undefined || others.length > 0 || !isSame)
      throw new Error('expected trees of columns of the input, got Reshape');
    return columns;
  },
  Cast(node, graph) {
    const to = TYPES[node.int('to', 0)];
    if (to === undefined) throw new Error(`expected trees of numbers, got Cast to the type ${node.int('to', 0)}`);
    return changed(same(node, graph), () => to);
  },
  Scaler(node, graph) {
    const [offsets, scales] = [node.floats('offset') ?? [0], node.floats('scale') ?? [1]];
    return changed(same(node, graph), (column) => {
      const [offset, scale] = [valueAt(offsets, column), valueAt(scales, column)];
      return (value) => Math.fround(Math.fround(Math.fround(value) - offset) * scale);
    });
  },
  Imputer(node, graph) {
    const values = node.floats('imputed_value_floats') ?? node.ints('imputed_value_int64s') ?? [];
    const replaced = node.float('replaced_value_float') ?? node.int('replaced_value_int64') ?? 0;
    return changed(same(node, graph), (column) => {
      const imputed = valueAt(values, column);
      return (value) => (Object.is(value, replaced) || value === replaced ? imputed : value);
    });
  },
  Add: byConstant((value, constant) => value + constant),
  Sub: byConstant((value, constant, isFirst) => (isFirst ? value - constant : constant - value)),
  Mul: byConstant((value, constant) => value * constant),
  Div: byConstant((value, constant, isFirst) => (isFirst ? value / constant : constant / value)),
  Concat(node, graph) {
    const axis = node.int('axis', 0);
    if (axis !== 1 && axis !== -1)
      throw new Error(`expected trees of columns beside each other, got Concat along ${axis}`);
    return beside(node, graph);
  },
  FeatureVectorizer: (node, graph) => beside(node, graph),
  ArrayFeatureExtractor: (node, graph) => chosen(node, graph),
  Gather(node, graph) {
    const axis = node.int('axis', 0);
    if (axis !== 1 && axis !== -1) throw new Error(`expected trees of columns of the input, got Gather along ${axis}`);
    return chosen(node, graph);
  },
};

function changed({ width, at }: TreeColumns, change: (column: number) => (value: number) => number): TreeColumns {
  return {
    width,
    at: (column) => {
      const { feature, valueOf } = at(column);
      const next = change(column);
      return { feature, valueOf: (value) => next(valueOf(value)) };
    },
  };
}

function beside(node: GraphNode, graph: OnnxGraph): TreeColumns {
  const all = node.inputs.map((name) => treeColumns(graph, name));
  const columns = all.flatMap(({ width, at }) => {
    if (width === undefined) throw new Error(`${node.op}: expected inputs whose columns are known`);
    return Array.from({ length: width }, (_, column) => at(column));
  });
  return limited(columns.length, (column) => columns[column] as TreeColumn);
}

/** One value may stand for all columns. */
function valueAt(values: readonly number[], column: number): number {
  const value = values.length === 1 ? values[0] : values[column];
  if (value === undefined) throw new Error(`expected a value for each column, got ${values.length}`);
  return value;
}

type Compute = (value: number, constant: number, isFirst: boolean) => number;

/** Of the columns and a constant; float64 where the constant is. */
function byConstant(compute: Compute): MakeColumns {
  return (node, graph) => {
    const [left = '', right = ''] = node.inputs;
    const isFirst = constantOf(graph, right) !== undefined;
    const constant = constantOf(graph, isFirst ? right : left);
    const values = constant?.numbers(Infinity);
    if (constant === undefined || values === undefined)
      throw new Error(`expected trees whose columns are each made of one feature, got ${node.op} of several`);
    const round = TYPES[constant.type] ?? Math.fround;
    return changed(treeColumns(graph, isFirst ? left : right), (column) => {
      const own = valueAt(values, column);
      return (value) => round(compute(value, own, isFirst));
    });
  };
}

function chosen(node: GraphNode, graph: OnnxGraph): TreeColumns {
  const places = constantOf(graph, node.inputs[1] ?? '')?.numbers(Infinity);
  if (places === undefined) throw new Error(`expected trees of columns of the input, got ${node.op} by another value`);
  const columns = same(node, graph);
  const chosenOf = (place: number): TreeColumn => columns.at(place < 0 ? (columns.width ?? NaN) + place : place);
  return limited(places.length, (column) => chosenOf(places[column] ?? NaN));
}

function constantOf({ initializers, producers }: OnnxGraph, name: string): Constant | undefined {
  const node = producers.get(name);
  return initializers.get(name) ?? (node?.op === 'Constant' ? node.constant('value') : undefined);
}
