/** Whether an output is what a network's last layer gives, before a softmax: logits, as they are exported mostly. */
import type { OnnxGraph } from '../onnx/graph.ts';
import type { GraphNode } from '../onnx/graph-node.ts';

/** What has weights, and no bounds. */
const LAYERS = new Set(
  (
    'Gemm MatMul Einsum Conv MatMulInteger ConvInteger QLinearMatMul QLinearConv QGemm FusedGemm FusedMatMul FusedConv ' +
    'MatMulIntegerToFloat DynamicQuantizeMatMul MatMulNBits'
  ).split(' '),
);

/** What may follow it, and sets no bounds from above either: another form, a bias, a scale, a mean over places. */
const AFTER_IT = new Set(
  (
    'Identity Cast Dropout Reshape Flatten Squeeze Unsqueeze Transpose Expand Slice Gather Add Sub Mul Div Sum Mean Relu ' +
    'BatchNormalization GlobalAveragePool AveragePool ReduceMean GlobalMaxPool MaxPool ReduceMax QuantizeLinear ' +
    'DequantizeLinear QLinearAdd QLinearGlobalAveragePool QLinearAveragePool'
  ).split(' '),
);

/** The layer that makes the output, with nothing behind it that sets bounds; undefined where there is none. */
export function linearLayer({ producers }: OnnxGraph, output: string): GraphNode | undefined {
  const names = [output];
  const seen = new Set(names);
  for (const name of names) {
    const node = producers.get(name);
    if (node === undefined) continue;
    if (LAYERS.has(node.op)) return node;
    if (!AFTER_IT.has(node.op)) continue;
    for (const input of node.inputs) {
      if (seen.has(input)) continue;
      seen.add(input);
      names.push(input);
    }
  }
  return undefined;
}
