/** Puts layers with random weights one after another into an ONNX graph; `x` goes in, `y` comes out. */
import { buildModel, int64Bytes, type OnnxNode, type OnnxTensor } from '../../test/fixtures/onnx-builder.ts';
import { randomFloats, randomNumbers } from './random.ts';

export interface ConvOptions {
  readonly from: number;
  readonly to: number;
  /** Side of the kernel; 1 by default. */
  readonly kernel?: number;
  /** Default 1. */
  readonly stride?: number;
}

export interface GraphShape {
  /** Of one row, without the batch axis, which is dynamic. */
  readonly input: readonly number[];
  readonly output: readonly number[];
}

/** Each method adds a layer that reads the value of this name, and returns the name of what it makes. */
export class GraphWriter {
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: OnnxTensor[] = [];
  readonly #next = randomNumbers(20_190_621);

  matMul(input: string, from: number, to: number): string {
    return this.#add({ op: 'MatMul', inputs: [input, this.#weights([from, to], from)] });
  }

  relu(input: string): string {
    return this.#add({ op: 'Relu', inputs: [input] });
  }

  sum(left: string, right: string): string {
    return this.#add({ op: 'Add', inputs: [left, right] });
  }

  /** Adds a random constant of this shape. */
  bias(input: string, shape: readonly number[]): string {
    return this.sum(input, this.#weights(shape, 24));
  }

  /** Same size out as in, divided by the stride; with a bias, as a convolution with its batch norm folded in has one. */
  conv(input: string, { from, to, kernel = 1, stride = 1 }: ConvOptions): string {
    const pad = Math.floor(kernel / 2);
    const weights = this.#weights([to, from, kernel, kernel], from * kernel * kernel);
    return this.#add({
      op: 'Conv',
      inputs: [input, weights, this.#weights([to], 600)],
      attributes: {
        kernel_shape: { ints: [kernel, kernel] },
        strides: { ints: [stride, stride] },
        pads: { ints: [pad, pad, pad, pad] },
      },
    });
  }

  maxPool(input: string, kernel: number): string {
    const pad = kernel % 2;
    return this.#add({
      op: 'MaxPool',
      inputs: [input],
      attributes: {
        kernel_shape: { ints: [kernel, kernel] },
        strides: { ints: [2, 2] },
        pads: { ints: [pad, pad, pad, pad] },
      },
    });
  }

  /** Mean of each channel, [batch, channels]. */
  globalAverage(input: string): string {
    return this.#add({ op: 'Flatten', inputs: [this.#add({ op: 'GlobalAveragePool', inputs: [input] })] });
  }

  /** Mean along the axis. */
  mean(input: string, axis: number): string {
    const attributes = { axes: { ints: [axis] }, keepdims: { int: 0 } };
    return this.#add({ op: 'ReduceMean', inputs: [input], attributes });
  }

  flatten(input: string): string {
    return this.#add({ op: 'Flatten', inputs: [input] });
  }

  /** A new axis of length 1. */
  unsqueeze(input: string, axis: number): string {
    const axes = `axes${this.#initializers.length}`;
    this.#initializers.push({ name: axes, type: 'int64', dims: [1], bytes: int64Bytes([axis]) });
    return this.#add({ op: 'Unsqueeze', inputs: [input, axes] });
  }

  /** The last layer: one number a class, with a bias. */
  classify(input: string, from: number, classes: number): string {
    const inputs = [input, this.#weights([from, classes], from), this.#weights([classes], 600)];
    return this.#add({ op: 'Gemm', inputs });
  }

  /** The bytes of the model whose output is the value of this name. */
  build(result: string, { input, output }: GraphShape): Buffer {
    return buildModel({
      inputs: [{ name: 'x', type: 'float32', shape: ['batch', ...input] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['batch', ...output] }],
      nodes: [...this.#nodes, { op: 'Identity', inputs: [result], outputs: ['y'] }],
      initializers: this.#initializers,
    });
  }

  #add(node: Omit<OnnxNode, 'outputs'>): string {
    const name = `v${this.#nodes.length}`;
    this.#nodes.push({ ...node, outputs: [name] });
    return name;
  }

  /** Uniform, and of a size that keeps the values of deep networks neither vanishing nor exploding. */
  #weights(dims: readonly number[], fanIn: number): string {
    const name = `w${this.#initializers.length}`;
    const count = dims.reduce((product, dim) => product * dim, 1);
    const values = randomFloats(count, Math.sqrt(6 / fanIn), this.#next);
    this.#initializers.push({ name, type: 'float32', dims, bytes: new Uint8Array(values.buffer) });
    return name;
  }
}
