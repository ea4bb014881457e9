/** What a component may say of itself: the schema of seldon-core's metadata.py, of the first and the second version. */
import { shown } from '../bad-request.ts';
import { isRecord } from '../is-record.ts';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isObject: Check = (value) => isRecord(value);
const listOf =
  (each: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(each);
const isInteger: Check = (value) => Number.isInteger(value);

const DATATYPES = new Set(
  ['BOOL', 'UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64', 'FP16', 'FP32', 'FP64'].concat(
    'BYTES',
  ),
);
const ARRAYS = new Set(['tensor', 'ndarray', 'tftensor']);

const isArraySchema: Check = (value) =>
  isRecord(value) && holdsOnly(value, { names: listOf(isText), shape: listOf(isInteger) });

/** A tensor by its name, or a kind of message with what is in it. */
const isMessage: Check = (value) => {
  if (!isRecord(value)) return false;
  const { messagetype: kind, schema } = value;
  if (kind === undefined)
    return holdsOnly(value, {
      name: isText,
      datatype: (type) => DATATYPES.has(type as string),
      shape: listOf(isInteger),
    });
  const isSchema = ARRAYS.has(kind as string) ? isArraySchema : isObject;
  const hasSchema = kind !== 'strData' && kind !== 'binData';
  return holdsOnly(value, { messagetype: isText, ...(hasSchema && { schema: isSchema }) }) && schema !== null;
};

const FIELDS: Readonly<Record<string, Check>> = {
  name: isText,
  versions: listOf(isText),
  platform: isText,
  inputs: listOf(isMessage),
  outputs: listOf(isMessage),
  custom: (value) => isRecord(value) && Object.values(value).every(isText),
};

function holdsOnly(value: Readonly<Record<string, unknown>>, checks: Readonly<Record<string, Check>>): boolean {
  return Object.entries(value).every(([key, each]) => Object.hasOwn(checks, key) && checks[key]?.(each) === true);
}

/** Which field is wrong; undefined where none is. */
export function metadataProblem(metadata: unknown): string | undefined {
  if (!isRecord(metadata)) return `expected an object, got ${shown(metadata)}`;
  const wrong = Object.entries(metadata).find(([key, value]) => !Object.hasOwn(FIELDS, key) || !FIELDS[key]?.(value));
  if (wrong === undefined) return undefined;
  const [key, value] = wrong;
  return Object.hasOwn(FIELDS, key)
    ? `${key} is not as the schema of metadata wants it, got ${shown(value)}`
    : `unknown key "${key}"; there are ${Object.keys(FIELDS).join(', ')}`;
}
