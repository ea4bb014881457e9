/** A model's signature as a worker tells it, checked: it is shown to clients. */
import { fieldsOf } from './checked-fields.ts';
import { MAX_WIRE_TENSORS, type WireSignature, type WireTensor } from './worker-message.ts';

const MAX_NAME_CHARS = 1000;
const MAX_TYPE_CHARS = 20;

/** @throws Error with what is wrong with it */
export function decodeSignature(given: unknown): WireSignature {
  const { inputs, outputs } = fieldsOf(given, 'a signature');
  return { inputs: tensors(inputs, 'inputs'), outputs: tensors(outputs, 'outputs') };
}

function tensors(given: unknown, what: string): WireTensor[] {
  if (!Array.isArray(given) || given.length > MAX_WIRE_TENSORS) {
    throw new Error(`the ${what} of a signature: expected a list of ${MAX_WIRE_TENSORS} at most`);
  }
  return given.map((each) => tensor(each, `one of the ${what} of a signature`));
}

function tensor(given: unknown, what: string): WireTensor {
  const { name, type, shape } = fieldsOf(given, what);
  if (!isShort(name, MAX_NAME_CHARS))
    throw new Error(`${what}: expected a name of ${MAX_NAME_CHARS} characters at most`);
  if (!isShort(type, MAX_TYPE_CHARS)) throw new Error(`${what}: expected the name of a type`);
  if (Array.isArray(shape) && shape.length <= MAX_WIRE_TENSORS && shape.every(isSize)) return { name, type, shape };
  throw new Error(`${what}: expected a shape of integers from -1 on`);
}

function isShort(value: unknown, chars: number): value is string {
  return typeof value === 'string' && value.length <= chars;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= -1;
}
