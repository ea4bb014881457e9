/**
 * JSON of plain data, whatever the code that shares the process has done to the prototypes: a handler that gives all arrays
 * or objects a `toJSON` would otherwise change what its worker says to the daemon.
 */

const { stringify } = JSON;
const { isArray } = Array;
const { keys } = Object;
const { isFinite } = Number;
const [anyObject, anyArray] = [Object.prototype, Array.prototype];

/** @param value objects, arrays, strings, numbers, booleans, null; members that are undefined are left out */
export function plainJson(value: unknown): string {
  return hasToJson(anyObject) || hasToJson(anyArray) ? write(value) : stringify(value);
}

function hasToJson(prototype: object): boolean {
  return (prototype as { readonly toJSON?: unknown }).toJSON !== undefined;
}

function write(value: unknown): string {
  if (typeof value === 'string') return stringify(value);
  if (typeof value === 'number') return isFinite(value) ? `${value}` : 'null';
  if (typeof value === 'boolean') return `${value}`;
  if (typeof value !== 'object' || value === null) return 'null';
  return isArray(value) ? writeArray(value) : writeObject(value as Readonly<Record<string, unknown>>);
}

function writeArray(values: readonly unknown[]): string {
  let text = '[';
  for (let index = 0; index < values.length; index += 1) text += (index === 0 ? '' : ',') + write(values[index]);
  return `${text}]`;
}

function writeObject(object: Readonly<Record<string, unknown>>): string {
  let text = '{';
  for (const key of keys(object)) {
    if (object[key] !== undefined) text += `${text === '{' ? '' : ','}${stringify(key)}:${write(object[key])}`;
  }
  return `${text}}`;
}
