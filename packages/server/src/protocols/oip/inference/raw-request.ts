/** A request that is nothing but the content of the model's only input. */
import type { ModelSignature, TensorSpec } from '@marserve/handlers';
import { elementSize } from '@marserve/handlers/tensor';
import { badRequest } from '../../bad-request.ts';
import type { NamedTensor } from '../../tensors/named-tensor.ts';
import { countOf } from '../../tensors/shape.ts';
import { datatypeOf } from '../tensors/datatypes.ts';
import type { InferRequest } from './infer-request.ts';
import { readRaw } from '../tensors/raw-tensor.ts';

/**
 * The shape follows from the number of bytes: one size may be variable, and of two the first, which is the batch, is 1. BYTES are one
 * element, as are the bytes for a handler that does not say what it takes. All outputs are binary.
 * @throws PredictionError 400 for a model with several inputs, and for bytes that cannot be its input
 */
export function readRawRequest(bytes: Buffer, { inputs: specs }: ModelSignature): InferRequest {
  const [spec, ...others] = specs;
  if (others.length > 0) {
    throw badRequest(`A request without JSON: expected a model with one input, this one has ${specs.length}`);
  }
  const input = spec === undefined ? wholeBody('data', bytes) : readInput(spec, bytes);
  return { parameters: {}, inputs: [input], isBinary: true };
}

function wholeBody(name: string, bytes: Buffer, shape: readonly number[] = [1]): NamedTensor {
  return { name, content: { shape, elements: [bytes] } };
}

function readInput(spec: TensorSpec, bytes: Buffer): NamedTensor {
  const { name, type } = spec;
  const sizes = spec.shape.map((dim) => (typeof dim === 'string' ? -1 : dim));
  if (type === 'string') {
    const shape = sizes.map(Math.abs);
    if (countOf(shape) === 1) return wholeBody(name, bytes, shape);
    throw badRequest(`Input "${name}": expected one element of BYTES, the model takes [${sizes.join(', ')}]`);
  }
  const shape = shapeOf({ name, sizes, elementBytes: elementSize(type) }, bytes.length);
  return { name, content: readRaw({ name, datatype: datatypeOf(type), shape }, bytes) };
}

interface OpenTensor {
  readonly name: string;
  /** -1 for any. */
  readonly sizes: readonly number[];
  readonly elementBytes: number;
}

function shapeOf({ name, sizes, elementBytes }: OpenTensor, bytes: number): number[] {
  const variable = sizes.filter((size) => size < 0).length;
  const fixed = variable === 2 && sizes[0] === -1 ? [1, ...sizes.slice(1)] : [...sizes];
  const open = fixed.filter((size) => size < 0).length;
  if (open > 1) throw badRequest(`Input "${name}": bytes alone do not tell the ${variable} variable sizes; send JSON`);
  const block = countOf(fixed.filter((size) => size >= 0)) * elementBytes;
  const size = block === 0 ? 0 : bytes / block;
  if (open === 0 || Number.isInteger(size)) return fixed.map((each) => (each < 0 ? size : each));
  throw badRequest(`Input "${name}": expected a multiple of ${block} bytes; got ${bytes} bytes`);
}
