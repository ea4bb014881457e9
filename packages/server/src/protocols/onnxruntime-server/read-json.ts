/** PredictRequest in the JSON of proto3: names in either spelling, integers of 64 bits as texts or numbers, bytes in base64. */
import { parseJson } from '@marserve/handlers/json';
import { badRequest, shown } from '../bad-request.ts';
import { isRecord } from '../is-record.ts';
import { toRequest, type PredictRequest } from './predict-request.ts';
import type { TensorParts, TypedElements } from './tensor-parts.ts';
import { ELEMENT_FIELDS, type ElementField } from './tensor-types.ts';

/** @throws PredictionError 400 for what is no such request */
export function readJson(text: string | Uint8Array): PredictRequest {
  const body = parsed(text);
  if (!isRecord(body)) throw badRequest(`The request: expected a JSON object, got ${shown(body)}`);
  const inputs = body.inputs ?? {};
  if (!isRecord(inputs)) throw badRequest(`The request: expected an object "inputs", got ${shown(inputs)}`);
  const tensors = new Map(Object.entries(inputs).map(([name, tensor]) => [name, readTensor(name, tensor)]));
  const filter = listOf(either(body, 'outputFilter', 'output_filter'), 'outputFilter');
  return toRequest(tensors, filter.map(textOf));
}

function parsed(text: string | Uint8Array): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw badRequest(`The body is not JSON: ${(error as Error).message}`);
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Null is as good as nothing. */
function either(fields: Fields, name: string, other: string): unknown {
  return fields[name] ?? fields[other] ?? undefined;
}

function listOf(value: unknown, place: string): readonly unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw badRequest(`${place}: expected a list, got ${shown(value)}`);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw badRequest(`outputFilter: expected names, got ${shown(value)}`);
}

function readTensor(name: string, tensor: unknown): TensorParts {
  const place = `Input "${name}"`;
  if (!isRecord(tensor)) throw badRequest(`${place}: expected an object with "dims", got ${shown(tensor)}`);
  const raw = either(tensor, 'rawData', 'raw_data');
  const typed = Object.values(ELEMENT_FIELDS).flatMap((field: ElementField) => {
    const list = listOf(either(tensor, field.jsonName, field.name), `${place}: ${field.jsonName}`);
    return list.length === 0 ? [] : [[field, readElements(field, list, place)] as const];
  });
  const location = either(tensor, 'dataLocation', 'data_location');
  return {
    shape: listOf(tensor.dims, `${place}: dims`).map((size) => Number(integerOf(size, `${place}: dims`))),
    dataType: Number(integerOf(either(tensor, 'dataType', 'data_type') ?? 0, `${place}: dataType`)),
    isExternal: location === 'EXTERNAL' || location === 1,
    typed: new Map(typed),
    ...(raw !== undefined && { raw: bytesOf(raw, `${place}: rawData`) }),
  };
}

function readElements(field: ElementField, list: readonly unknown[], tensor: string): TypedElements {
  const place = `${tensor}: ${field.jsonName}`;
  if (field.kind === 'bytes') return list.map((value) => bytesOf(value, place));
  if (field.kind !== 'fixed') return list.map((value) => integerOf(value, place));
  if (field !== ELEMENT_FIELDS.float) return Float64Array.from(list, (value) => floatOf(value, place));
  return Float32Array.from(list, (value) => {
    const float = floatOf(value, place);
    if (Number.isFinite(float) && !Number.isFinite(Math.fround(float))) throw noNumber(value, place);
    return float;
  });
}

const UNUSUAL = new Set(['NaN', 'Infinity', '-Infinity']);
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

function floatOf(value: unknown, place: string): number {
  if (typeof value === 'number') return value;
  const isText = typeof value === 'string' && (UNUSUAL.has(value) || NUMBER.test(value));
  if (isText || typeof value === 'bigint') return Number(value);
  throw noNumber(value, place);
}

function integerOf(value: unknown, place: string): number | bigint {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) return value;
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  throw badRequest(`${place}: expected integers, got ${shown(value)}`);
}

function noNumber(value: unknown, place: string): Error {
  return badRequest(`${place}: expected numbers, got ${shown(value)}`);
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

function bytesOf(value: unknown, place: string): Buffer {
  if (typeof value === 'string' && BASE64.test(value)) return Buffer.from(value, 'base64');
  throw badRequest(`${place}: expected base64, got ${shown(value)}`);
}
