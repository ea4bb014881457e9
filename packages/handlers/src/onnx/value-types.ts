/** The element types of a model's inputs and outputs, read from the file: for messages about those that cannot be carried. */
import { fieldsOf, integerField, lastField, stringField } from './fields.ts';

/** TensorProto.DataType: those that onnxruntime-node has no JavaScript type for. */
const UNSUPPORTED: Readonly<Record<number, string>> = {
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  21: 'uint4',
  22: 'int4',
  23: 'float4e2m1',
};

/** `input "x" (bfloat16)` for each input and output of an element type that onnxruntime-node cannot carry. */
export function unsupportedValues(model: Uint8Array): string[] {
  const graph = lastField(model, 7)?.bytes ?? new Uint8Array();
  const found: string[] = [];
  for (const { number, bytes } of fieldsOf(graph)) {
    const kind = number === 11 ? 'input' : number === 12 ? 'output' : undefined;
    if (kind === undefined || bytes === undefined) continue;
    const type = UNSUPPORTED[elementType(bytes)];
    if (type !== undefined) found.push(`${kind} "${stringField(bytes, 1)}" (${type})`);
  }
  return found;
}

function elementType(valueInfo: Uint8Array): number {
  const type = lastField(valueInfo, 2)?.bytes;
  const tensorType = type === undefined ? undefined : lastField(type, 1)?.bytes;
  return tensorType === undefined ? 0 : integerField(tensorType, 1);
}
