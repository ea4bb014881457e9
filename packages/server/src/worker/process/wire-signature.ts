/** What the daemon is told of a model's signature. */
import type { ModelSignature, TensorSpec } from '@marserve/handlers';
import { MAX_WIRE_TENSORS, type WireSignature, type WireTensor } from '../../wire/worker-message.ts';

/** Plain data; axes that have names, and no size, are -1. */
export function wireSignature({ inputs, outputs }: ModelSignature): WireSignature {
  const plain = (specs: readonly TensorSpec[]) => specs.slice(0, MAX_WIRE_TENSORS).map(plainTensor);
  return { inputs: plain(inputs), outputs: plain(outputs) };
}

function plainTensor({ name, type, shape }: TensorSpec): WireTensor {
  return { name, type, shape: shape.map((dim) => (typeof dim === 'string' ? -1 : dim)) };
}
