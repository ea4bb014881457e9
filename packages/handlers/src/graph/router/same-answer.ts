/** Whether two arms have answered the same. */
import { isPlainObject } from '../../model-config.ts';
import { isTensor } from '../../tensor/tensor.ts';
import { tensorToJson } from '../../tensor/tensor-json.ts';
import { hasTensors } from '../../transformer/payload.ts';
import { instancesOf, type GraphValue } from '../graph-value.ts';

/** @param tolerance numbers may differ by so much, and by so much of the larger one */
export function isSameAnswer(one: GraphValue, other: GraphValue, tolerance: number): boolean {
  if (hasTensors(one) && hasTensors(other)) return isAlike(one.inputs, other.inputs, tolerance);
  return isAlike(instancesOf(one), instancesOf(other), tolerance);
}

/** Tensors are held against the lists of their values. */
export function isAlike(one: unknown, other: unknown, tolerance: number): boolean {
  const [left, right] = [plain(one), plain(other)];
  if (typeof left === 'number' && typeof right === 'number') return isClose(left, right, tolerance);
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((each, index) => isAlike(each, right[index], tolerance));
  }
  if (isPlainObject(left) && isPlainObject(right)) {
    const keys = Object.keys(left);
    const isOfSameKeys = keys.length === Object.keys(right).length && keys.every((key) => Object.hasOwn(right, key));
    return isOfSameKeys && keys.every((key) => isAlike(left[key], right[key], tolerance));
  }
  return Object.is(left, right);
}

/** Whole numbers of 64 bits are held against numbers of JSON. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (isTensor(value)) return tensorToJson(value);
  return ArrayBuffer.isView(value) && !(value instanceof DataView) ? [...(value as Uint8Array)] : value;
}

function isClose(one: number, other: number, tolerance: number): boolean {
  if (Object.is(one, other) || one === other) return true;
  return Math.abs(one - other) <= tolerance * Math.max(1, Math.abs(one), Math.abs(other));
}
