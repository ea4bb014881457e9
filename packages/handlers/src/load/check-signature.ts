/** A signature that a model author's code made, checked. */
import { HandlerError } from '../handler-error.ts';
import type { Dimension, ModelSignature, TensorSpec } from '../signature.ts';
import { isTensorType } from '../tensor/tensor.ts';

/** @param given what `getSignature` returned; without one, nothing is known of the tensors. @throws HandlerError that says what is wrong */
export function checkSignature(given: unknown): ModelSignature {
  if (given === undefined || given === null) return { inputs: [], outputs: [] };
  const { inputs, outputs } = given as Partial<Record<string, unknown>>;
  return { inputs: checkSpecs(inputs, 'inputs'), outputs: checkSpecs(outputs, 'outputs') };
}

function checkSpecs(given: unknown, list: string): TensorSpec[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw wrong(list, 'a list', given);
  const specs = given.map((spec: unknown, index) => checkSpec(spec, `${list}[${index}]`));
  const twice = specs.find(({ name }, index) => specs.findIndex((other) => other.name === name) < index);
  if (twice !== undefined) throw wrong(list, 'names that differ', twice.name);
  return specs;
}

function checkSpec(given: unknown, place: string): TensorSpec {
  const spec = (given ?? {}) as Partial<Record<keyof TensorSpec, unknown>>;
  const { name, type, shape } = spec;
  if (typeof name !== 'string' || name === '') throw wrong(`${place}.name`, 'a name', name);
  if (!isTensorType(type)) throw wrong(`${place}.type`, 'a type such as "float32" or "string"', type);
  if (!Array.isArray(shape) || !shape.every(isDimension)) {
    throw wrong(`${place}.shape`, 'a list of sizes, of names, and of -1 for any size', shape);
  }
  return spec as TensorSpec;
}

function isDimension(value: unknown): value is Dimension {
  return typeof value === 'string' || (Number.isSafeInteger(value) && Number(value) >= -1);
}

function wrong(place: string, expected: string, given: unknown): HandlerError {
  const got = JSON.stringify(given)?.slice(0, 100) ?? String(given);
  return new HandlerError(`getSignature of the handler: expected ${expected} as ${place}, got ${got}`);
}
