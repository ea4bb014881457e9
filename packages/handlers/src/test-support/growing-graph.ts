/** A graph that grows by one node after another, of values whose shapes are guessed. */
import {
  floatBytes,
  int64Bytes,
  type OnnxAttribute,
  type OnnxNode,
  type OnnxTensor,
} from '../../../../test/fixtures/onnx-builder.ts';
import type { Random } from './random.ts';

/** `N` is the batch. */
export type Dim = number | 'N';

/** A float32 value of the graph. */
export interface Value {
  readonly name: string;
  readonly shape: readonly Dim[];
}

/** Some of what it makes no runtime takes. */
export class GrowingGraph {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  readonly values: Value[];
  readonly random: Random;
  #names = 0;

  constructor(inputs: readonly Value[], random: Random) {
    this.values = [...inputs];
    this.random = random;
  }

  name(): string {
    return `v${(this.#names += 1)}`;
  }

  /** Mostly the latest. */
  pick(): Value {
    const { values } = this;
    const back = this.random(4) === 0 ? this.random(values.length) : 0;
    return values[values.length - 1 - back] as Value;
  }

  floats(shape: readonly number[]): string {
    const count = shape.reduce((product, dim) => product * dim, 1);
    const bytes = floatBytes(Array.from({ length: count }, () => this.random(40) / 10 - 2));
    return this.#constant({ type: 'float32', dims: shape, bytes });
  }

  resizeScales(scales: readonly number[]): string {
    return this.#constant({ type: 'float32', dims: [scales.length], bytes: floatBytes(scales) });
  }

  integers(values: readonly number[], dims: readonly number[] = [values.length]): string {
    return this.#constant({ type: 'int64', dims, bytes: int64Bytes(values) });
  }

  #constant(tensor: Omit<OnnxTensor, 'name'>): string {
    const name = this.name();
    this.initializers.push({ name, ...tensor });
    return name;
  }

  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}): string {
    const output = this.name();
    this.nodes.push({ op, inputs, outputs: [output], attributes });
    return output;
  }

  add(name: string, shape: readonly Dim[]): void {
    this.values.push({ name, shape });
  }
}
