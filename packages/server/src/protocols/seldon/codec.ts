/** Seldon's messages in JSON. */
import { statusCodeOf } from '@marserve/handlers/component';
import { stringifyJson } from '@marserve/handlers/json';
import { isRecord } from '../is-record.ts';
import type { Codec } from '../codec.ts';
import { createSeldonCodec, type MessageForm } from './create-codec.ts';
import type { JsonBodyCodecs } from './json-body.ts';
import { readBody } from './read-body.ts';

/** For the worker. @param bodies see `createSeldonCodec` */
export const seldonCodecWith = (bodies: JsonBodyCodecs): Codec => createSeldonCodec(FORM, bodies);

const FORM: MessageForm = {
  contentType: 'application/json',
  read: readBody,
  write: (answer) => Buffer.from(stringifyJson(spelled(answer))),
  status: (answer, set) => (set.status === undefined ? { status: statusCodeOf(answer) } : set),
};

/** JSON has no NaN and no infinity: in data they are texts. */
function spelled(answer: unknown): unknown {
  const { data } = isRecord(answer) ? answer : {};
  if (!isRecord(data)) return answer;
  const { ndarray, tensor } = data;
  const { values } = isRecord(tensor) ? tensor : {};
  if (isFinite(ndarray) && isFinite(values)) return answer;
  const numbers =
    ndarray === undefined
      ? { tensor: { ...(tensor as object), values: inWords(values) } }
      : { ndarray: inWords(ndarray) };
  return { ...(answer as object), data: { ...data, ...numbers } };
}

function isFinite(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return !Array.isArray(value) || value.every(isFinite);
}

function inWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inWords);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
