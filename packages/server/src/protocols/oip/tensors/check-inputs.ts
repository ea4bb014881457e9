/** The inputs of a request against what the model's handler says that it takes. */
import type { ModelSignature, TensorSpec } from '@marserve/handlers';
import { datatypeOf } from './datatypes.ts';
import { badRequest, type ByteElements, type InputTensor } from './input-tensor.ts';

/** @throws PredictionError 400 for an unknown or missing input, or another datatype; of shapes the handler judges */
export function checkInputs(inputs: readonly InputTensor[], { inputs: specs }: ModelSignature): void {
  if (specs.length === 0) return;
  for (const { name, content } of inputs) {
    const spec = specs.find((each) => each.name === name);
    if (spec === undefined) throw badRequest(`Unknown input "${name}"; the model's inputs are ${specsText(specs)}`);
    const got = isElements(content) ? 'BYTES' : datatypeOf(content.type);
    if (got !== datatypeOf(spec.type)) throw badRequest(`Input "${name}": expected ${specText(spec)}, got ${got}`);
  }
  const missing = specs.find(({ name }) => !inputs.some((input) => input.name === name));
  if (missing === undefined) return;
  throw badRequest(`Missing input "${missing.name}"; the model's inputs are ${specsText(specs)}`);
}

/** Whether it came as elements of BYTES. */
export function isElements(content: InputTensor['content']): content is ByteElements {
  return 'elements' in content;
}

function specsText(specs: readonly TensorSpec[]): string {
  return specs.map((spec) => `"${spec.name}" ${specText(spec)}`).join(', ');
}

/** `FP32 [-1, 3]` */
function specText({ type, shape }: TensorSpec): string {
  return `${datatypeOf(type)} [${shape.map((dim) => (typeof dim === 'string' ? -1 : dim)).join(', ')}]`;
}
