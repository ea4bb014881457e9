/** What a handler answered for a request as tensors by name. */
import type { ModelSignature, RowResult, Tensor, TensorSpec } from '@marserve/handlers';
import { stringifyJson } from '@marserve/handlers/json';
import { isTensorType, tensorProblem } from '@marserve/handlers/tensor';
import { isTensor, nestedShape, nestedTensor } from '@marserve/handlers/tensor-json';
import { asBuffer } from '../as-buffer.ts';
import { isRecord } from '../is-record.ts';
import type { NamedTensor } from './named-tensor.ts';

/** The name of a result that has none, which is that of TorchServe. */
const UNNAMED = 'predict';

/**
 * Tensors are outputs as they are. Where the handler says which outputs it gives, its lists become those. Anything else: numbers
 * are FP64, booleans BOOL, texts and bytes BYTES, what is left one element of BYTES with JSON; an object is one output a key, but for those that are undefined.
 * @throws Error for what is no result, such as undefined
 */
export function resultTensors(result: RowResult, { outputs: specs }: ModelSignature): NamedTensor[] {
  if (result === undefined) throw new Error('the handler returned undefined for this row; use null for no value');
  const [only, ...others] = specs;
  const isNamed = isRecord(result) && !isTensor(result) && !(result instanceof Uint8Array);
  const fields = isNamed ? Object.entries(result).filter(([, value]) => value !== undefined) : [];
  const areDeclared =
    fields.length > 0 && specs.length > 0 && specs.every(({ name }) => Object.hasOwn(result as object, name));
  if (areDeclared || (isNamed && specs.length === 0 && fields.length > 0)) {
    return fields.map(([name, value]) =>
      output(
        name,
        value,
        specs.find((spec) => spec.name === name),
      ),
    );
  }
  if (only !== undefined && others.length === 0) return [output(only.name, result, only)];
  if (specs.length > 1) {
    throw new Error(
      `the handler declares the outputs ${specs.map(({ name }) => `"${name}"`).join(', ')}, and gave others`,
    );
  }
  return [output(UNNAMED, result, undefined)];
}

function output(name: string, value: unknown, spec: TensorSpec | undefined): NamedTensor {
  if (isTensor(value)) return { name, content: checked(name, value) };
  if (value instanceof Uint8Array) return { name, content: { shape: [1], elements: [asBuffer(value)] } };
  if (spec !== undefined) return { name, content: declaredTensor(value, spec) };
  return { name, content: tensorOf(name, value) };
}

function checked(name: string, tensor: Tensor): Tensor {
  const { type }: { readonly type: string } = tensor;
  const problem = isTensorType(type) ? tensorProblem(tensor) : `elements of ${type}`;
  if (problem === undefined) return tensor;
  throw new Error(`the handler gave the output "${name}" with ${problem}`);
}

function declaredTensor(value: unknown, spec: TensorSpec): Tensor {
  if (spec.type === 'string' && typeof value !== 'string' && !Array.isArray(value)) return jsonText(value);
  return fromLists(value, spec);
}

/** A value without an axis has one of size 1. */
function fromLists(value: unknown, spec: TensorSpec): Tensor {
  const shape = nestedShape(value);
  if (shape.length > 0) return nestedTensor(value, spec, shape);
  return { ...nestedTensor([value], spec, [1]), shape: [1] };
}

/** By the first of its elements; where others are of another kind, it is JSON. */
function tensorOf(name: string, value: unknown): Tensor {
  let first = value;
  while (Array.isArray(first)) first = first[0] as unknown;
  const type = KINDS[typeof first];
  if (type === undefined) return jsonText(value);
  try {
    return fromLists(value, { name, type, shape: nestedShape(value) });
  } catch {
    return jsonText(value);
  }
}

const KINDS: Readonly<Partial<Record<string, Tensor['type']>>> = {
  number: 'float64',
  bigint: 'int64',
  boolean: 'bool',
  string: 'string',
};

function jsonText(value: unknown): Tensor {
  return { type: 'string', shape: [1], data: [stringifyJson(value)] };
}
