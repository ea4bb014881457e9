/** Small graphs put together at random, of operators that keep rows apart and of such that mix them. */
import { buildModel, type OnnxDim } from '../../../../test/fixtures/onnx-builder.ts';
import { GrowingGraph, type Dim } from './growing-graph.ts';
import { MORE_STEPS } from './more-random-steps.ts';
import type { Random } from './random.ts';
import { STEPS } from './random-steps.ts';

const steps = Object.values({ ...STEPS, ...MORE_STEPS });

/** One or two inputs `[N, …]`, some steps, and all that no step uses as outputs; what a step guesses of a shape may be wrong. */
export function randomModel(random: Random): Buffer {
  const shapes: readonly (readonly Dim[])[] = [['N', 4], ['N', 2, 4], ['N', 4, 2], ['N']];
  const inputs = Array.from({ length: 1 + random(2) }, (_, index) => ({
    name: `x${index}`,
    shape: shapes[random(shapes.length - Number(index === 0))] as readonly Dim[],
  }));
  const graph = new GrowingGraph(inputs, random);
  const count = 1 + random(6);
  for (let step = 0; step < count; step += 1) steps[random(steps.length)]?.(graph);
  const used = new Set(graph.nodes.flatMap((node) => node.inputs));
  // A node that nobody uses could fail for one number of rows, and not for another.
  const outputs = graph.values.slice(inputs.length).filter(({ name }) => !used.has(name));
  const dims = (shape: readonly Dim[]): OnnxDim[] => shape.map((dim) => (dim === 'N' ? 'batch' : dim));
  return buildModel({
    inputs: inputs.map(({ name, shape }) => ({ name, type: 'float32', shape: dims(shape) })),
    outputs: outputs.map(({ name, shape }) => ({ name, type: 'float32', shape: shape.map(() => -1) })),
    nodes: graph.nodes,
    initializers: graph.initializers,
  });
}
