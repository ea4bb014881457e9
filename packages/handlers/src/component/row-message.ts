/** Requests of other protocols as messages of Seldon's, and what those are answered. */
import type { Row, RowResult } from '../handler.ts';
import { isTensor } from '../tensor/tensor.ts';
import { tensorToJson } from '../tensor/tensor-json.ts';
import { payloadOf } from './payload.ts';
import type { SeldonMessage } from './seldon-message.ts';

/**
 * Lists and tensors are `data`, bytes, texts and anything else what they are. A list of numbers, such as an instance of V1, is the only
 * row of a table, since tables are what components work on.
 */
export function messageOfRow(row: Row): SeldonMessage {
  const value = valueOf(row);
  if (isTensor(value)) return { data: { ndarray: tensorToJson(value) as unknown[] } };
  if (value instanceof Uint8Array) return { binData: Buffer.from(value).toString('base64') };
  if (typeof value === 'string') return { strData: value };
  if (isNumbers(value)) return { data: { ndarray: [value] } };
  return Array.isArray(value) ? { data: { ndarray: value } } : { jsonData: value };
}

/** The payload alone; of a table that was made for the row its only row. @throws PredictionError for a message without one */
export function rowResultOf(message: unknown, row: Row): RowResult {
  const { kind, value } = payloadOf(message);
  const isRow = kind === 'data' && isNumbers(valueOf(row)) && Array.isArray(value) && value.length === 1;
  return isRow ? (value[0] as RowResult) : value;
}

function valueOf(row: Row): unknown {
  if (Object.keys(row).length > 1 && row.data === undefined) return row;
  return row.data ?? row.body ?? Object.values(row)[0];
}

function isNumbers(value: unknown): value is readonly unknown[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => typeof each === 'number' || typeof each === 'bigint')
  );
}
