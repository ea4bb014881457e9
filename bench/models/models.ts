/** The models of the benchmark: made here, random in their weights, real in their size and shape. */
import { GraphWriter } from './graph-writer.ts';
import { randomFloats, randomNumbers } from './random.ts';
import { resNet50 } from './resnet50.ts';

export interface BenchModel {
  readonly name: string;
  /** Of one row, without the batch axis. */
  readonly inputShape: readonly number[];
  /** Threads of a session; 0 for ONNX Runtime's default, one a core. */
  readonly threads: number;
  /** Who serves it. */
  readonly handler: string;
  /** The bytes of the ONNX file. */
  readonly build: () => Buffer;
}

export type ModelName = keyof typeof MODELS;

export const MODELS = {
  /** Three small matrix products: next to no time in the model. */
  tiny: { name: 'tiny', inputShape: [4], threads: 1, handler: 'base_handler', build: buildTiny },
  /** The size of a network that reads handwritten digits. */
  small: { name: 'small', inputShape: [1, 28, 28], threads: 1, handler: 'base_handler', build: buildSmall },
  /** About 5 ms on one core. */
  medium: { name: 'medium', inputShape: [256], threads: 1, handler: 'base_handler', build: buildMedium },
  /** About 4 ms on one core, with an input of 79 KB as JSON. */
  cnn: { name: 'cnn', inputShape: [1, 64, 64], threads: 1, handler: 'base_handler', build: buildCnn },
  /** ResNet-50, 102 MB; as many threads as there are cores. */
  large: { name: 'large', inputShape: [3, 224, 224], threads: 0, handler: 'base_handler', build: resNet50 },
  /** A classifier of photographs that is quick beside decoding them. */
  image: { name: 'image', inputShape: [3, 224, 224], threads: 1, handler: 'image_classifier', build: buildImage },
  /** Takes 600 KB, and does next to nothing with them. */
  pool: { name: 'pool', inputShape: [3, 224, 224], threads: 1, handler: 'base_handler', build: buildPool },
} satisfies Record<string, BenchModel>;

/** Values of one row, the same every time. */
export function sampleRow({ inputShape }: BenchModel): Float32Array {
  const count = inputShape.reduce((product, size) => product * size, 1);
  return randomFloats(count, 1, randomNumbers(4711));
}

function buildTiny(): Buffer {
  const graph = new GraphWriter();
  const first = graph.relu(graph.matMul('x', 4, 32));
  const second = graph.relu(graph.matMul(first, 32, 32));
  return graph.build(graph.matMul(second, 32, 3), { input: [4], output: [3] });
}

function buildSmall(): Buffer {
  const graph = new GraphWriter();
  const first = graph.maxPool(graph.relu(graph.conv('x', { from: 1, to: 8, kernel: 5 })), 2);
  const second = graph.maxPool(graph.relu(graph.conv(first, { from: 8, to: 16, kernel: 5 })), 2);
  const result = graph.classify(graph.flatten(second), 16 * 7 * 7, 10);
  return graph.build(result, { input: [1, 28, 28], output: [10] });
}

/** Rows of a table, each changed by the input, go through one square layer after another: work for the core, not for the memory. */
function buildMedium(): Buffer {
  const [width, rows, layers] = [256, 128, 21];
  const graph = new GraphWriter();
  let value = graph.bias(graph.unsqueeze('x', 1), [rows, width]);
  for (let layer = 0; layer < layers; layer += 1) value = graph.relu(graph.matMul(value, width, width));
  const result = graph.classify(graph.mean(value, 1), width, 10);
  return graph.build(result, { input: [width], output: [10] });
}

function buildCnn(): Buffer {
  const graph = new GraphWriter();
  let value = graph.maxPool(graph.relu(graph.conv('x', { from: 1, to: 32, kernel: 3 })), 2);
  for (const [from, to] of [
    [32, 64],
    [64, 64],
    [64, 128],
    [128, 64],
    [64, 64],
  ] as const) {
    value = graph.relu(graph.conv(value, { from, to, kernel: 3 }));
  }
  const result = graph.classify(graph.globalAverage(value), 64, 10);
  return graph.build(result, { input: [1, 64, 64], output: [10] });
}

function buildImage(): Buffer {
  const graph = new GraphWriter();
  let value = graph.maxPool(graph.relu(graph.conv('x', { from: 3, to: 16, kernel: 7, stride: 2 })), 3);
  for (const [from, to] of [
    [16, 32],
    [32, 64],
    [64, 128],
  ] as const) {
    value = graph.relu(graph.conv(value, { from, to, kernel: 3, stride: 2 }));
  }
  const result = graph.classify(graph.globalAverage(value), 128, 1000);
  return graph.build(result, { input: [3, 224, 224], output: [1000] });
}

function buildPool(): Buffer {
  const graph = new GraphWriter();
  const result = graph.classify(graph.globalAverage('x'), 3, 3);
  return graph.build(result, { input: [3, 224, 224], output: [3] });
}
