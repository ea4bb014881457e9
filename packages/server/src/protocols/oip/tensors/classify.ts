/** The greatest values of an output, as Triton's classification extension has them: texts `value:index:label`. */
import type { TensorData } from '@marserve/handlers';
import { badRequest } from '../../bad-request.ts';
import { type NamedTensor, isElements } from '../../tensors/named-tensor.ts';
import { datatypeOf } from './datatypes.ts';

/** What of an output is wanted in its place. */
export interface Classification {
  /** How many of the greatest along its last axis, ≥ 1; all of them where there are fewer. */
  readonly count: number;
  /** What a place on that axis is called; empty for one without a name. */
  readonly labelOf: (index: number) => string;
}

/** Of those alone Triton makes classes. */
const TYPES = new Set(['uint8', 'uint16', 'uint32', 'uint64', 'int8', 'int16', 'int32', 'int64', 'float32', 'float64']);

/** BYTES in the shape of the output, but for its last axis. @throws PredictionError 400 for what is no number */
export function classify({ name, content }: NamedTensor, { count, labelOf }: Classification): NamedTensor {
  const type = isElements(content) ? 'string' : content.type;
  if (isElements(content) || !TYPES.has(type)) {
    throw badRequest(`Output "${name}": there are classes of numbers alone, and of no FP16; it is ${datatypeOf(type)}`);
  }
  const { shape, data } = content;
  const classes = shape.at(-1) ?? 1;
  const kept = Math.min(count, classes);
  const rows = Array.from({ length: classes === 0 ? 0 : data.length / classes }, (_, row) =>
    data.slice(row * classes, (row + 1) * classes),
  );
  const texts = rows.flatMap((values) =>
    greatest(values)
      .slice(0, kept)
      .map((index) => classText(values, index, labelOf(index))),
  );
  return { name, content: { type: 'string', shape: [...shape.slice(0, -1), kept], data: texts } };
}

/** Places of the values, the greatest first, and of equal ones the first; what is no number comes last. */
function greatest(values: TensorData): number[] {
  const order = (index: number) => (Number.isNaN(values[index]) ? -Infinity : (values[index] ?? 0));
  return Array.from({ length: values.length }, (_, index) => index).sort((one, other) => {
    const [a, b] = [order(one), order(other)];
    return a === b ? one - other : a > b ? -1 : 1;
  });
}

function classText(values: TensorData, index: number, label: string): string {
  const text = `${valueText(values, index)}:${index}`;
  return label === '' ? text : `${text}:${label}`;
}

/** As C++ writes them: floats with six digits behind the point. */
function valueText(values: TensorData, index: number): string {
  const value = values[index];
  if (!(values instanceof Float32Array || values instanceof Float64Array)) return String(value);
  const number = Number(value);
  if (!Number.isFinite(number)) return String(number).toLowerCase().replace('infinity', 'inf');
  return Math.abs(number) < 1e21 ? number.toFixed(6) : `${BigInt(number)}.000000`;
}
