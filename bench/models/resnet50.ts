/**
 * ResNet-50 (He et al. 2015, the v1.5 that torchvision has) with random weights: every convolution with its batch norm folded
 * into it, as ONNX Runtime would do; 25.5 million weights.
 */
import { GraphWriter } from './graph-writer.ts';

interface Stage {
  readonly blocks: number;
  /** Channels inside a block; it gives four times as many. */
  readonly width: number;
  /** Of the first block. */
  readonly stride: number;
}

const STAGES: readonly Stage[] = [
  { blocks: 3, width: 64, stride: 1 },
  { blocks: 4, width: 128, stride: 2 },
  { blocks: 6, width: 256, stride: 2 },
  { blocks: 3, width: 512, stride: 2 },
];

/** The bytes of the ONNX file. */
export function resNet50(): Buffer {
  const graph = new GraphWriter();
  let value = graph.maxPool(graph.relu(graph.conv('x', { from: 3, to: 64, kernel: 7, stride: 2 })), 3);
  let channels = 64;
  for (const { blocks, width, stride } of STAGES) {
    for (let index = 0; index < blocks; index += 1) {
      value = addBlock(graph, value, { channels, width, stride: index === 0 ? stride : 1 });
      channels = width * 4;
    }
  }
  const result = graph.classify(graph.globalAverage(value), channels, 1000);
  return graph.build(result, { input: [3, 224, 224], output: [1000] });
}

interface Block {
  readonly channels: number;
  readonly width: number;
  readonly stride: number;
}

/** Narrow, look around, widen; and what came in added to it. */
function addBlock(graph: GraphWriter, input: string, { channels, width, stride }: Block): string {
  const narrow = graph.relu(graph.conv(input, { from: channels, to: width }));
  const around = graph.relu(graph.conv(narrow, { from: width, to: width, kernel: 3, stride }));
  const wide = graph.conv(around, { from: width, to: width * 4 });
  const isSame = channels === width * 4 && stride === 1;
  const shortcut = isSame ? input : graph.conv(input, { from: channels, to: width * 4, stride });
  return graph.relu(graph.sum(wide, shortcut));
}
