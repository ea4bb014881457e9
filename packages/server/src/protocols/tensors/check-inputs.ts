/** The inputs of a request against what the model's handler says that it takes. */
import type { ModelSignature, TensorSpec } from '@marserve/handlers';
import { badRequest } from '../bad-request.ts';
import { isElements, type NamedTensor } from './named-tensor.ts';

/** The protocol's word for elements of a type. */
export type TypeName = (type: string) => string;

/** @throws PredictionError 400 for an unknown or missing input, or another element type; of shapes the handler judges */
export function checkInputs(inputs: readonly NamedTensor[], { inputs: specs }: ModelSignature, nameOf: TypeName): void {
  if (specs.length === 0) return;
  for (const { name, content } of inputs) {
    const spec = specs.find((each) => each.name === name);
    if (spec === undefined) {
      throw badRequest(`Unknown input "${name}"; the model's inputs are ${specsText(specs, nameOf)}`);
    }
    const type = isElements(content) ? 'string' : content.type;
    if (type !== spec.type) {
      throw badRequest(`Input "${name}": expected ${specText(spec, nameOf)}, got ${nameOf(type)}`);
    }
  }
  const missing = specs.find(({ name }) => !inputs.some((input) => input.name === name));
  if (missing === undefined) return;
  throw badRequest(`Missing input "${missing.name}"; the model's inputs are ${specsText(specs, nameOf)}`);
}

function specsText(specs: readonly TensorSpec[], nameOf: TypeName): string {
  return specs.map((spec) => `"${spec.name}" ${specText(spec, nameOf)}`).join(', ');
}

/** `FP32 [-1, 3]` */
function specText({ type, shape }: TensorSpec, nameOf: TypeName): string {
  return `${nameOf(type)} [${shape.map((dim) => (typeof dim === 'string' ? -1 : dim)).join(', ')}]`;
}
