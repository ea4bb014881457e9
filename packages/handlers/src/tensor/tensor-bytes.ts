/** Raw little-endian bytes → tensor. */
import type { TensorSpec } from '../signature.ts';
import { elementCount, elementSize, viewBytes, type Tensor } from './tensor.ts';
import { inputError } from './tensor-json.ts';
import { isDynamic } from './tensor-spec.ts';

/**
 * The elements of one input in row-major order; one dimension may be dynamic, its size follows from the number of bytes.
 * @throws PredictionError 400 when the bytes cannot be such a tensor
 */
export function tensorFromBytes(bytes: Uint8Array, spec: TensorSpec): Tensor {
  if (spec.type === 'string') throw inputError(spec, `got ${bytes.byteLength} raw bytes; send strings as JSON`);
  const shape = shapeOfBytes(bytes.byteLength, spec, elementSize(spec.type));
  return { type: spec.type, shape, data: viewBytes(spec.type, bytes) };
}

function shapeOfBytes(length: number, spec: TensorSpec, size: number): number[] {
  const fixed = spec.shape.filter((dim) => !isDynamic(dim)) as number[];
  const dynamicCount = spec.shape.length - fixed.length;
  if (dynamicCount > 1) {
    throw inputError(
      spec,
      `got ${length} raw bytes, which do not tell the ${dynamicCount} dynamic dimensions; send JSON`,
    );
  }
  const block = elementCount(fixed) * size;
  const blocks = length / block;
  if (dynamicCount === 0 && blocks !== 1) throw inputError(spec, `which are ${block} bytes; got ${length} bytes`);
  if (!Number.isInteger(blocks) || blocks === 0) {
    throw inputError(spec, `which is a multiple of ${block} bytes; got ${length} bytes`);
  }
  return spec.shape.map((dim) => (isDynamic(dim) ? blocks : Number(dim)));
}
