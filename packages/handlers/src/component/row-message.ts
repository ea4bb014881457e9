/** Requests of other protocols as messages of Seldon's, and what those are answered. */
import type { Row, RowResult } from '../handler.ts';
import { isTensor } from '../tensor/tensor.ts';
import { tensorToJson } from '../tensor/tensor-json.ts';
import { payloadOf } from './payload.ts';
import type { SeldonMessage } from './seldon-message.ts';

/** Lists and tensors are `data`, bytes, texts and anything else what they are. */
export function messageOfRow(row: Row): SeldonMessage {
  const value =
    Object.keys(row).length > 1 && row.data === undefined ? row : (row.data ?? row.body ?? Object.values(row)[0]);
  if (isTensor(value)) return { data: { ndarray: tensorToJson(value) as unknown[] } };
  if (value instanceof Uint8Array) return { binData: Buffer.from(value).toString('base64') };
  if (typeof value === 'string') return { strData: value };
  return Array.isArray(value) ? { data: { ndarray: value } } : { jsonData: value };
}

/** The payload alone. @throws PredictionError for a message without one */
export function rowResultOf(message: unknown): RowResult {
  return payloadOf(message).value;
}
