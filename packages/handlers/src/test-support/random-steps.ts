/** Steps by which a random graph grows: arithmetic, products, reductions, and whatever moves axes. */
import type { Dim, GrowingGraph } from './growing-graph.ts';

export type Step = (graph: GrowingGraph) => void;

/** Each picks from what there is, and adds to it. */
export const STEPS: Readonly<Record<string, Step>> = {
  unary(graph) {
    const x = graph.pick();
    const op = ['Relu', 'Tanh', 'Neg', 'Sigmoid', 'Abs', 'Identity'][graph.random(6)] as string;
    graph.add(graph.node(op, [x.name]), x.shape);
  },
  withConstant(graph) {
    const x = graph.pick();
    const tail = x.shape.slice(graph.random(x.shape.length + 1));
    const dims = tail.map((dim) => (dim === 'N' ? 1 + graph.random(4) * graph.random(2) : dim));
    graph.add(graph.node(graph.random(2) === 0 ? 'Add' : 'Mul', [x.name, graph.floats(dims)]), x.shape);
  },
  withOther(graph) {
    const [a, b] = [graph.pick(), graph.pick()];
    const long = a.shape.length >= b.shape.length ? a : b;
    graph.add(graph.node(graph.random(2) === 0 ? 'Add' : 'Sub', [a.name, b.name]), long.shape);
  },
  withColumn(graph) {
    const x = graph.pick();
    const axis = graph.random(x.shape.length);
    const mean = graph.node('ReduceMean', [x.name], { axes: { ints: [axis] }, keepdims: { int: 1 } });
    graph.add(graph.node('Sub', [x.name, mean]), x.shape);
  },
  matMul(graph) {
    const x = graph.pick();
    const last = x.shape.at(-1);
    const columns = 1 + graph.random(4);
    const weights = graph.floats([last === 'N' || last === undefined ? 2 : last, columns]);
    graph.add(graph.node('MatMul', [x.name, weights]), [...x.shape.slice(0, -1), columns]);
  },
  product(graph) {
    const x = graph.pick();
    const perm = [...x.shape.keys()];
    perm.push(...perm.splice(-2).reverse());
    const turned = graph.node('Transpose', [x.name], { perm: { ints: perm } });
    const rows = x.shape.at(-2) ?? 1;
    const scores = graph.node('Softmax', [graph.node('MatMul', [x.name, turned])], { axis: { int: -1 } });
    graph.add(graph.random(2) === 0 ? scores : graph.node('MatMul', [scores, x.name]), [...x.shape.slice(0, -1), rows]);
  },
  gemm(graph) {
    const [a, b] = [graph.pick(), graph.pick()];
    const attributes = { transA: { int: graph.random(2) }, transB: { int: graph.random(2) } };
    graph.add(graph.node('Gemm', [a.name, b.name], attributes), [a.shape[0] ?? 1, b.shape[1] ?? 1]);
  },
  transpose(graph) {
    const x = graph.pick();
    const perm = [...x.shape.keys()].sort(() => graph.random(3) - 1);
    graph.add(
      graph.node('Transpose', [x.name], { perm: { ints: perm } }),
      perm.map((axis) => x.shape[axis] as Dim),
    );
  },
  softmax(graph) {
    const x = graph.pick();
    graph.add(graph.node('Softmax', [x.name], { axis: { int: graph.random(x.shape.length) } }), x.shape);
  },
  reduce(graph) {
    const x = graph.pick();
    const axis = graph.random(x.shape.length);
    const keepdims = graph.random(2);
    const op = ['ReduceMean', 'ReduceMax', 'ReduceProd'][graph.random(3)] as string;
    const shape = x.shape.flatMap((dim, other) => (other === axis ? (keepdims === 1 ? [1] : []) : [dim]));
    graph.add(graph.node(op, [x.name], { axes: { ints: [axis] }, keepdims: { int: keepdims } }), shape);
  },
  cumulate(graph) {
    const x = graph.pick();
    graph.add(graph.node('CumSum', [x.name, graph.integers([graph.random(x.shape.length)], [])]), x.shape);
  },
  flatten(graph) {
    const x = graph.pick();
    const axis = graph.random(x.shape.length + 1);
    graph.add(graph.node('Flatten', [x.name], { axis: { int: axis } }), [
      productOf(x.shape.slice(0, axis)),
      productOf(x.shape.slice(axis)),
    ]);
  },
  reshape(graph) {
    const x = graph.pick();
    const target = [[-1, 2], [-1, 4], [0, -1], [-1], [1, -1], [2, -1], [-1, 1, 2], [0, 2, -1], [3, -1, 2]][
      graph.random(9)
    ];
    const shape = (target ?? []).map((dim, axis): Dim => (dim === -1 ? 'N' : dim === 0 ? (x.shape[axis] ?? 1) : dim));
    graph.add(graph.node('Reshape', [x.name, graph.integers(target ?? [])]), oneBatch(shape));
  },
  reshapeByShape(graph) {
    const x = graph.pick();
    const axis = graph.random(x.shape.length);
    const size = graph.node('Gather', [graph.node('Shape', [x.name]), graph.integers([axis])]);
    const rest = graph.integers(graph.random(2) === 0 ? [-1] : [2, -1]);
    const isFirst = graph.random(3) > 0;
    const target = graph.node('Concat', isFirst ? [size, rest] : [rest, size], { axis: { int: 0 } });
    const shape: Dim[] = isFirst ? [x.shape[axis] ?? 1, 2] : [2, x.shape[axis] ?? 1];
    graph.add(graph.node('Reshape', [x.name, target]), shape);
  },
  byBatchSize(graph) {
    const x = graph.pick();
    const size = graph.node('Gather', [
      graph.node('Shape', [x.name]),
      graph.integers([graph.random(x.shape.length)], []),
    ]);
    graph.add(graph.node('Div', [x.name, graph.node('Cast', [size], { to: { int: 1 } })]), x.shape);
  },
  concat(graph) {
    const [a, b] = [graph.pick(), graph.pick()];
    const axis = graph.random(a.shape.length);
    const shape = a.shape.map((dim, other) => (other === axis && dim !== 'N' ? dim * 2 : dim));
    graph.add(graph.node('Concat', [a.name, b.name], { axis: { int: axis } }), shape);
  },
  slice(graph) {
    const x = graph.pick();
    const axis = graph.random(x.shape.length);
    const [start, end] = [
      [0, 1],
      [1, 9],
      [0, 2 ** 40],
      [-1, 2 ** 40],
    ][graph.random(4)] as [number, number];
    const inputs = [[start], [end], [axis]].map((values) => graph.integers(values));
    const shape = x.shape.map((dim, other): Dim => (other === axis && end === 1 ? 1 : dim));
    graph.add(graph.node('Slice', [x.name, ...inputs]), shape);
  },
  gather(graph) {
    const x = graph.pick();
    const axis = graph.random(x.shape.length);
    const [indices, dims] = graph.random(2) === 0 ? [[0], []] : [[0, -1], [2]];
    const shape = [...x.shape.slice(0, axis), ...dims, ...x.shape.slice(axis + 1)];
    graph.add(graph.node('Gather', [x.name, graph.integers(indices, dims)], { axis: { int: axis } }), shape);
  },
  gatherByData(graph) {
    const x = graph.pick();
    const axis = graph.random(x.shape.length);
    const places = graph.node('ArgMax', [x.name], { axis: { int: axis }, keepdims: { int: graph.random(2) } });
    const table = graph.random(2) === 0 ? x.name : graph.floats([6, 2]);
    graph.add(graph.node('Gather', [table, places]), x.shape);
  },
  unsqueeze(graph) {
    const x = graph.pick();
    const axis = graph.random(x.shape.length + 1);
    const shape = [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)];
    graph.add(graph.node('Unsqueeze', [x.name, graph.integers([axis])]), shape);
  },
  squeeze(graph) {
    const x = graph.pick();
    const axis = x.shape.indexOf(1);
    if (graph.random(4) === 0)
      graph.add(
        graph.node('Squeeze', [x.name]),
        x.shape.filter((dim) => dim !== 1),
      );
    else if (axis >= 0)
      graph.add(
        graph.node('Squeeze', [x.name, graph.integers([axis])]),
        x.shape.filter((_, other) => other !== axis),
      );
  },
  expand(graph) {
    const x = graph.pick();
    const target = x.shape.map((dim) => (dim === 'N' ? 1 : dim));
    const front = graph.random(2) === 0 ? [2] : [];
    graph.add(graph.node('Expand', [x.name, graph.integers([...front, ...target])]), [...front, ...x.shape]);
  },
  tile(graph) {
    const x = graph.pick();
    const repeats = x.shape.map(() => 1 + graph.random(2));
    const shape = x.shape.map((dim, axis): Dim => (dim === 'N' ? 'N' : dim * (repeats[axis] as number)));
    graph.add(graph.node('Tile', [x.name, graph.integers(repeats)]), shape);
  },
  pad(graph) {
    const x = graph.pick();
    const axis = graph.random(x.shape.length);
    const pads = Array.from({ length: 2 * x.shape.length }, (_, place) => (place === axis ? 1 : 0));
    const shape = x.shape.map((dim, other): Dim => (other === axis && dim !== 'N' ? dim + 1 : dim));
    graph.add(graph.node('Pad', [x.name, graph.integers(pads)]), shape);
  },
  quantize(graph) {
    const x = graph.pick();
    const outputs = [graph.name(), graph.name(), graph.name()];
    graph.nodes.push({ op: 'DynamicQuantizeLinear', inputs: [x.name], outputs });
    graph.add(graph.node('DequantizeLinear', outputs), x.shape);
  },
  normalize(graph) {
    const x = graph.pick();
    const axis = graph.random(x.shape.length);
    const weights = x.shape.slice(axis).map((dim) => (dim === 'N' ? 1 : dim));
    graph.add(graph.node('LayerNormalization', [x.name, graph.floats(weights)], { axis: { int: axis } }), x.shape);
  },
  choose(graph) {
    const [a, b] = [graph.pick(), graph.pick()];
    const isLarge = graph.node('Greater', [a.name, graph.floats([])]);
    graph.add(graph.node('Where', [isLarge, a.name, b.name]), a.shape);
  },
};

function productOf(shape: readonly Dim[]): Dim {
  return shape.reduce<Dim>((product, dim) => (product === 'N' || dim === 'N' ? 'N' : product * dim), 1);
}

/** At most one, so that the guesses above stay small. */
function oneBatch(shape: readonly Dim[]): Dim[] {
  const first = shape.indexOf('N');
  return shape.map((dim, axis) => (dim === 'N' && axis !== first ? 2 : dim));
}
