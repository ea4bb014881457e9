/** Inputs and outputs of a model as a session tells them. */
import type { TensorSignature } from '../../core/model-signature.ts';

/** `float32[-1,3]` by name. */
export function signatureTexts(specs: readonly TensorSignature[]): Record<string, string> {
  return Object.fromEntries(specs.map(({ name, type, shape }) => [name, `${wordFor(type)}[${shape.join(',')}]`]));
}

function wordFor(type: string): string {
  return type === 'bool' ? 'boolean' : type;
}
