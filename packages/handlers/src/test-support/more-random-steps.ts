/** Further steps by which a random graph grows: operators that pick, scatter and fold. */
import type { Dim } from './growing-graph.ts';
import type { Step } from './random-steps.ts';

/** Each picks from what there is, and adds to it. */
export const MORE_STEPS: Readonly<Record<string, Step>> = {
  pickByData(graph) {
    const x = graph.pick();
    const axis = graph.random(x.shape.length);
    const places = graph.node('ArgMax', [x.name], { axis: { int: axis }, keepdims: { int: 1 } });
    const other = graph.random(2) === 0 ? axis : graph.random(x.shape.length);
    const shape = x.shape.map((dim, place): Dim => (place === axis ? 1 : dim));
    graph.add(graph.node('GatherElements', [x.name, places], { axis: { int: other } }), shape);
  },
  einsum(graph) {
    const [a, b] = [graph.pick(), graph.pick()];
    const equation =
      ['ab,ab->ab', 'ab,cb->ac', 'ab,ab->a', 'ab,bc->ac', 'abc,acd->abd', 'a,ab->ab'][graph.random(6)] ?? '';
    graph.add(graph.node('Einsum', [a.name, b.name], { equation: { string: equation } }), a.shape);
  },
  convolve(graph) {
    const x = graph.pick();
    const channels = x.shape[1] === 'N' ? 2 : (x.shape[1] ?? 1);
    graph.add(graph.node('Conv', [x.name, graph.floats([3, channels, 1])]), [x.shape[0] ?? 1, 3, ...x.shape.slice(2)]);
  },
  split(graph) {
    const x = graph.pick();
    const axis = graph.random(x.shape.length);
    const outputs = [graph.name(), graph.name()];
    graph.nodes.push({ op: 'Split', inputs: [x.name], outputs, attributes: { axis: { int: axis } } });
    for (const name of outputs)
      graph.add(
        name,
        x.shape.map((dim, other): Dim => (other === axis && dim !== 'N' ? Math.ceil(dim / 2) : dim)),
      );
  },
  triangle(graph) {
    const x = graph.pick();
    graph.add(graph.node('Trilu', [x.name], { upper: { int: graph.random(2) } }), x.shape);
  },
  gatherNd(graph) {
    const x = graph.pick();
    const length = 1 + graph.random(x.shape.length);
    const attributes = { batch_dims: { int: graph.random(2) } };
    const places = graph.integers(
      Array.from({ length }, () => 0),
      [1, length],
    );
    graph.add(graph.node('GatherND', [x.name, places], attributes), [1, ...x.shape.slice(length)]);
  },
  scatter(graph) {
    const x = graph.pick();
    const attributes = { axis: { int: graph.random(x.shape.length) } };
    const isLarge = graph.node('Greater', [x.name, graph.floats([])]);
    const places = graph.node('Cast', [isLarge], { to: { int: 7 } });
    graph.add(graph.node('ScatterElements', [x.name, places, x.name], attributes), x.shape);
  },
  scale(graph) {
    const x = graph.pick();
    const scales = graph.resizeScales(x.shape.map(() => 1 + graph.random(2)));
    graph.add(graph.node('Resize', [x.name, '', scales]), x.shape);
  },
  shapeOfOnes(graph) {
    const x = graph.pick();
    const shape = graph.node('Shape', [x.name]);
    const part = graph.node('Slice', [
      shape,
      graph.integers([0]),
      graph.integers([1 + graph.random(2)]),
      graph.integers([0]),
    ]);
    const target = graph.node('Concat', [part, graph.integers([1 + graph.random(2)])], { axis: { int: 0 } });
    const filled = graph.node('ConstantOfShape', [target]);
    graph.add(graph.node('Add', [filled, graph.floats([])]), [x.shape[0] ?? 1, 1]);
  },
  normalizeRows(graph) {
    const x = graph.pick();
    const axes = { ints: [graph.random(x.shape.length)] };
    graph.add(graph.node('Div', [x.name, graph.node('ReduceL2', [x.name], { axes })]), x.shape);
  },
};
