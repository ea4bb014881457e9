/** What is in a Seldon message for the component. */
import { isPlainObject } from '../model-config.ts';
import { PredictionError } from '../prediction-error.ts';
import { valueText } from '../tensor/tensor-json.ts';
import { nestedLists } from './nested-lists.ts';
import type { SeldonMessage } from './seldon-message.ts';
import { listsOfTfTensor } from './tf-tensor.ts';

/** The fields of a message, one of which it has. */
export type PayloadKind = 'data' | 'jsonData' | 'strData' | 'binData' | 'customData';

/** What a component is given. */
export interface Payload {
  /** Which field it was. */
  readonly kind: PayloadKind;
  /** Of `data` nested lists, of `binData` a Buffer, of `strData` a text; else the JSON as it is. */
  readonly value: unknown;
  /** Of the columns; empty where the message has none. */
  readonly names: readonly string[];
}

const KINDS = ['data', 'jsonData', 'strData', 'binData', 'customData'] as const;

/** @throws PredictionError 400 for what is no message, or has none of the fields */
export function payloadOf(message: unknown): Payload {
  const [kind, ...others] = isPlainObject(message) ? KINDS.filter((each) => message[each] !== undefined) : [];
  const content = kind === undefined ? undefined : (message as Readonly<Record<string, unknown>>)[kind];
  if (kind === undefined || others.length > 0 || content === null) {
    const got = isPlainObject(message) ? `an object with ${keysText(message)}` : valueText(message);
    throw new PredictionError(
      `Invalid request: expected a SeldonMessage with one of ${KINDS.join(', ')}, got ${got}`,
      400,
    );
  }
  return kind === 'data' ? dataPayload(content) : { kind, value: VALUES[kind](content), names: [] };
}

/** The list that `aggregate` is given: bare, or as a SeldonMessageList. @throws PredictionError 400 for anything else */
export function messagesOf(body: unknown): readonly SeldonMessage[] {
  const list = isPlainObject(body) ? body['seldonMessages'] : body;
  if (Array.isArray(list) && list.length > 0) return list as SeldonMessage[];
  throw new PredictionError('Invalid request: expected a list of SeldonMessages, or {"seldonMessages": [ … ]}', 400);
}

const VALUES: Readonly<Record<Exclude<PayloadKind, 'data'>, (content: unknown) => unknown>> = {
  jsonData: (content) => content,
  customData: (content) => content,
  strData: (content) => text('strData', content),
  binData: (content) => Buffer.from(text('binData', content), 'base64'),
};

function text(field: string, content: unknown): string {
  if (typeof content === 'string') return content;
  throw new PredictionError(`${field}: expected a text, got ${valueText(content)}`, 400);
}

function dataPayload(data: unknown): Payload {
  if (!isPlainObject(data))
    throw new PredictionError(`data: expected an object with tensor, ndarray or tftensor, got ${valueText(data)}`, 400);
  const { names = [], tensor, ndarray, tftensor } = data;
  if (!Array.isArray(names)) throw new PredictionError(`data.names: expected a list, got ${valueText(names)}`, 400);
  return { kind: 'data', value: listsOf(tensor, ndarray, tftensor), names: names.map(String) };
}

function listsOf(tensor: unknown, ndarray: unknown, tftensor: unknown): unknown {
  if (ndarray !== undefined) {
    if (Array.isArray(ndarray)) return ndarray;
    throw new PredictionError(`data.ndarray: expected lists, got ${valueText(ndarray)}`, 400);
  }
  if (isPlainObject(tensor)) return tensorLists(tensor);
  if (isPlainObject(tftensor)) return listsOfTfTensor(tftensor);
  throw new PredictionError('data: expected a list in ndarray, or an object in tensor or tftensor', 400);
}

function tensorLists({ values = [], shape }: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(values) && Array.isArray(shape)) return nestedLists(values.map(numberOf), shape);
  throw new PredictionError('data.tensor: expected {"shape": [ … ], "values": [ … ]}', 400);
}

/** JSON has no NaN and no infinity: proto3's JSON writes them as texts. */
function numberOf(value: unknown): unknown {
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  throw new PredictionError(`data.tensor.values: expected numbers, got ${valueText(value)}`, 400);
}

function keysText(message: Readonly<Record<string, unknown>>): string {
  const keys = Object.keys(message);
  return keys.length === 0 ? 'nothing in it' : keys.slice(0, 10).join(', ').slice(0, 200);
}
