/**
 * The messages of a worker, checked: its process runs the model author's code, which can write to the wire itself. Written by
 * hand, because every answer comes through here.
 */
import type { MetricSample, RowMerging } from '@marserve/handlers/context';
import type { Frame } from './frame.ts';
import { decodeSignature } from './decode-signature.ts';
import { isDeeper } from './is-deeper.ts';
import { kindOf } from './message.ts';
import {
  LOG_LEVELS,
  MAX_LOG_DEPTH,
  MAX_REASON_CHARS,
  MAX_SAMPLES,
  WIRE_ERROR_CODES,
  type LogMessage,
  type PartMessage,
  type ReplyMessage,
  type WireError,
  type WireErrorCode,
  type WireResult,
  type WireStages,
  type WorkerMessage,
} from './worker-message.ts';

type Fields = Readonly<Record<string, unknown>>;

/** @throws Error with what is wrong with the frame; nothing else of the worker can be relied on then */
export function decodeWorkerMessage(frame: Frame): WorkerMessage {
  const kind = kindOf(frame);
  const header = fieldsOf(frame.header, `a ${kind} message`);
  if (kind === 'reply') return reply(frame, header);
  if (kind === 'part') return part(frame, header);
  if (frame.payload.length > 0) throw new Error(`a ${kind} message with ${frame.payload.length} bytes behind it`);
  switch (kind) {
    case 'loaded':
      return { kind, signature: decodeSignature(header.signature), isBuiltIn: header.isBuiltIn === true };
    case 'loadFailed':
      return { kind, error: wireError(header.error) };
    case 'samples':
      return { kind, samples: samples(header.samples) };
    case 'log':
      return log(header);
    case 'rows':
      return { kind, rows: rowMerging(header.rows) };
    case 'givenBack':
      return { kind, ids: batchIds(header.ids) };
    case 'load':
    case 'run':
    case 'takeBack':
    case 'taken':
    case 'cancel':
    case 'stop':
      throw new Error(`a worker does not send ${kind}`);
  }
}

function reply({ payload }: Frame, { id, results, stages, residentBytes }: Fields): ReplyMessage {
  if (typeof id !== 'number') throw wrong('the id of a reply', 'a number', id);
  if (!Array.isArray(results)) throw wrong('the results of a reply', 'a list', results);
  const checked = results.map((result) => (result === null ? null : wireResult(result)));
  const announced = checked.reduce((sum, result) => sum + (result?.ok === true ? result.size : 0), 0);
  if (announced !== payload.length) {
    throw new Error(`a reply whose results have ${announced} bytes, and the payload ${payload.length}`);
  }
  if (residentBytes !== undefined) amount(residentBytes, 'the memory of a worker');
  return { kind: 'reply', id, results: checked, stages: wireStages(stages), residentBytes: residentBytes as number };
}

function part({ payload }: Frame, { id, request, result, isLast }: Fields): PartMessage {
  if (typeof id !== 'number') throw wrong('the id of a part', 'a number', id);
  if (!Number.isSafeInteger(request) || Number(request) < 0) throw wrong('the request of a part', 'its place', request);
  if (typeof isLast !== 'boolean') throw wrong('"isLast" of a part', 'true or false', isLast);
  const checked = result === undefined ? undefined : wireResult(result);
  const announced = checked?.ok === true ? checked.size : 0;
  if (announced !== payload.length) throw new Error(`a part of ${announced} bytes, and its payload ${payload.length}`);
  if (!isLast && checked?.ok !== true) throw new Error('a part without an answer that is not the last');
  return { kind: 'part', id, request: request as number, ...(checked && { result: checked }), isLast };
}

function wireResult(given: unknown): WireResult {
  const { ok, meta, size, error } = fieldsOf(given, 'a result');
  if (ok === false) return { ok, error: wireError(error) };
  if (ok !== true) throw wrong('"ok" of a result', 'true or false', ok);
  if (!Number.isSafeInteger(size) || Number(size) < 0) throw wrong('the size of a result', 'a number of bytes', size);
  return { ok, meta, size: size as number };
}

function wireError(given: unknown): WireError {
  const { code, message, status, stack } = fieldsOf(given, 'an error');
  if (!WIRE_ERROR_CODES.includes(code as WireErrorCode)) throw wrong('the code of an error', 'one of ours', code);
  if (typeof message !== 'string') throw wrong('the message of an error', 'text', message);
  if (stack !== undefined && typeof stack !== 'string') throw wrong('the stack of an error', 'text', stack);
  const error = { code: code as WireErrorCode, message, ...(stack !== undefined && { stack }) };
  if (status === undefined) return error;
  if (typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599)
    return { ...error, status };
  throw wrong('the status of an error', 'an integer from 400 to 599', status);
}

const ALL_STAGES = ['decodeMs', 'encodeMs', 'handlerMs', 'predictionMs'] as const;
const SOME_STAGES = ['preprocessMs', 'inferenceMs', 'postprocessMs'] as const;

function wireStages(given: unknown): WireStages {
  const stages = fieldsOf(given, 'the stages of a reply');
  for (const name of ALL_STAGES) amount(stages[name], name);
  for (const name of SOME_STAGES) if (stages[name] !== undefined) amount(stages[name], name);
  return stages as unknown as WireStages;
}

function batchIds(given: unknown): number[] {
  if (Array.isArray(given) && given.every((id) => typeof id === 'number')) return given;
  throw wrong('batches given back', 'a list of numbers', given);
}

const MERGED: readonly unknown[] = ['proven', 'tried', 'asked'];

function rowMerging(given: unknown): RowMerging {
  const { merged, apart } = fieldsOf(given, 'what is told of rows');
  if (MERGED.includes(merged)) return { merged } as RowMerging;
  if (typeof apart === 'string' && apart.length <= MAX_REASON_CHARS) return { apart };
  throw wrong('why rows are apart', `a text of ${MAX_REASON_CHARS} characters at most`, apart);
}

function samples(given: unknown): MetricSample[] {
  if (!Array.isArray(given) || given.length > MAX_SAMPLES)
    throw wrong('samples', `a list of ${MAX_SAMPLES} at most`, given);
  for (const sample of given) checkSample(fieldsOf(sample, 'a sample'));
  return given as MetricSample[];
}

const SAMPLE_KINDS: readonly unknown[] = ['counter', 'gauge', 'histogram'] satisfies MetricSample['kind'][];

function checkSample({ name, kind, value, unit, dimensions }: Fields): void {
  if (typeof name !== 'string') throw wrong('the name of a sample', 'text', name);
  if (typeof unit !== 'string') throw wrong('the unit of a sample', 'text', unit);
  if (!SAMPLE_KINDS.includes(kind)) throw wrong('the kind of a sample', 'counter, gauge or histogram', kind);
  if (typeof value !== 'number') throw wrong('the value of a sample', 'a number', value);
  for (const dimension of Object.values(fieldsOf(dimensions, 'the dimensions of a sample'))) {
    if (typeof dimension !== 'string') throw wrong('a dimension of a sample', 'text', dimension);
  }
}

function log({ level, message, fields }: Fields): LogMessage {
  if (!LOG_LEVELS.includes(level as LogMessage['level']))
    throw wrong('the level of a log line', LOG_LEVELS.join(', '), level);
  if (typeof message !== 'string') throw wrong('a log line', 'text', message);
  const line = { kind: 'log', level: level as LogMessage['level'], message } as const;
  if (fields === undefined) return line;
  if (isDeeper(fields, MAX_LOG_DEPTH))
    throw new Error(`the fields of a log line are more than ${MAX_LOG_DEPTH} levels deep`);
  return { ...line, fields: fieldsOf(fields, 'the fields of a log line') };
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrong(what, 'an object', value);
}

function amount(value: unknown, what: string): void {
  if (typeof value !== 'number' || !(value >= 0)) throw wrong(what, 'a number from 0 on', value);
}

const MAX_SHOWN_CHARS = 100;

function wrong(what: string, expected: string, given: unknown): Error {
  const shown = given === undefined ? 'nothing' : isDeeper(given, 2) ? 'something deep' : JSON.stringify(given);
  return new Error(`${what}: expected ${expected}, got ${shown.slice(0, MAX_SHOWN_CHARS)}`);
}
