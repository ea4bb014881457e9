/** Values as JSON for model servers: typed arrays and bigints are what nobody has to convert by hand. */
import { stringify } from 'lossless-json';
import { toBase64 } from './base64.ts';

/** How bytes are written: as TensorFlow's `{"b64": …}`, or as a list of numbers. */
export interface JsonForm {
  /** Whether a Uint8Array is an object with the key `b64`; default false. */
  readonly bytesAsBase64?: boolean;
}

/**
 * Typed arrays become lists, bigints digits.
 * @throws TypeError for what JSON has no form for: undefined alone, functions, numbers that are not finite
 */
export function stringifyJson(value: unknown, form: JsonForm = {}): string {
  const plain = toPlain(value, form);
  const text = holdsBigInt(plain) ? stringify(plain) : JSON.stringify(plain);
  if (text === undefined) throw new TypeError(`expected a value that JSON can hold, got ${typeof value}`);
  return text;
}

/** The value itself where there is nothing to convert. */
function toPlain(value: unknown, form: JsonForm): unknown {
  if (typeof value === 'number') return finite(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return mapped(value, form);
  if (ArrayBuffer.isView(value)) return viewToPlain(value, form);
  if ('toJSON' in value) return value;
  const entries = Object.entries(value);
  const plain = entries.map(([name, each]) => [name, toPlain(each, form)] as const);
  return plain.some(([, each], index) => each !== entries[index]?.[1]) ? Object.fromEntries(plain) : value;
}

function mapped(list: readonly unknown[], form: JsonForm): readonly unknown[] {
  let changed: unknown[] | undefined;
  for (let index = 0; index < list.length; index += 1) {
    const plain = toPlain(list[index], form);
    if (plain === list[index]) continue;
    changed ??= [...list];
    changed[index] = plain;
  }
  return changed ?? list;
}

function viewToPlain(view: ArrayBufferView, { bytesAsBase64 = false }: JsonForm): unknown {
  if (bytesAsBase64 && view instanceof Uint8Array) return { b64: toBase64(view) };
  return Array.from(view as Float32Array, (element) => (typeof element === 'number' ? finite(element) : element));
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new TypeError(`JSON has no number for ${value}`);
}

function holdsBigInt(value: unknown): boolean {
  if (typeof value === 'bigint') return true;
  if (typeof value !== 'object' || value === null) return false;
  return (Array.isArray(value) ? value : Object.values(value)).some(holdsBigInt);
}
