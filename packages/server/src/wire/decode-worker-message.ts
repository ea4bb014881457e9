/**
 * The messages of a worker, checked: its process runs the model author's code, which can write to the wire itself. Written by
 * hand, because every part of an answer comes through here.
 */
import type { MetricSeries, RowMerging } from '@marserve/handlers/context';
import type { Frame } from './frame.ts';
import type { AskMessage } from './ask-message.ts';
import { fieldsOf, unexpected, type Fields } from './checked-fields.ts';
import { decodeSignature } from './decode-signature.ts';
import { decodeWireError } from './decode-wire-error.ts';
import { isDeeper } from './is-deeper.ts';
import { kindOf, readJson } from './message.ts';
import type { ReplyMessage } from './reply-message.ts';
import {
  LOG_LEVELS,
  MAX_LOG_DEPTH,
  MAX_REASON_CHARS,
  MAX_REPORT_CHARS,
  MAX_SAMPLES,
  type LogMessage,
  type PartMessage,
  type WireResult,
  type WorkerMessage,
} from './worker-message.ts';

/** All but replies and questions, which `readReply` and `readAsk` read. @throws Error with what is wrong with the frame; nothing else of the worker can be relied on then */
export function decodeWorkerMessage(frame: Frame): Exclude<WorkerMessage, ReplyMessage | AskMessage> {
  const kind = kindOf(frame);
  const header = fieldsOf(readJson(frame), `a ${kind} message`);
  if (kind === 'part') return part(frame, header);
  if (frame.payload.length > 0) throw new Error(`a ${kind} message with ${frame.payload.length} bytes behind it`);
  switch (kind) {
    case 'loaded':
      return { kind, signature: decodeSignature(header.signature), isBuiltIn: header.isBuiltIn === true };
    case 'loadFailed':
      return { kind, error: decodeWireError(header.error) };
    case 'samples':
      return { kind, samples: samples(header.samples) };
    case 'log':
      return log(header);
    case 'rows':
      return { kind, rows: rowMerging(header.rows) };
    case 'readiness':
      return { kind, problem: problemText(header.problem) };
    case 'predictor':
      return { kind, report: report(header.report), isChanged: header.isChanged === true };
    case 'givenBack':
      return { kind, ids: batchIds(header.ids) };
    case 'turn':
      return { kind };
    case 'withdraw':
      return { kind, id: count(header.id) };
    case 'partsTaken':
      return { kind, id: count(header.id), parts: count(header.parts), bytes: count(header.bytes) };
    case 'used':
      return { kind, served: count(header.served), residentBytes: count(header.residentBytes) };
    case 'load':
    case 'run':
    case 'reply':
    case 'ask':
    case 'takeBack':
    case 'taken':
    case 'cancel':
    case 'stop':
    case 'hello':
    case 'want':
    case 'pass':
    case 'answered':
    case 'answerPart':
    case 'askFailed':
      throw new Error(`a worker does not send ${kind} as JSON`);
  }
}

function part({ payload }: Frame, { id, request, result, isLast }: Fields): PartMessage {
  if (typeof id !== 'number') throw unexpected('the id of a part', 'a number', id);
  if (!Number.isSafeInteger(request) || Number(request) < 0)
    throw unexpected('the request of a part', 'its place', request);
  if (typeof isLast !== 'boolean') throw unexpected('"isLast" of a part', 'true or false', isLast);
  const checked = result === undefined ? undefined : wireResult(result);
  const announced = checked?.ok === true ? checked.size : 0;
  if (announced !== payload.length) throw new Error(`a part of ${announced} bytes, and its payload ${payload.length}`);
  if (!isLast && checked?.ok !== true) throw new Error('a part without an answer that is not the last');
  return { kind: 'part', id, request: request as number, ...(checked && { result: checked }), isLast };
}

function wireResult(given: unknown): WireResult {
  const { ok, meta, size, error } = fieldsOf(given, 'a result');
  if (ok === false) return { ok, error: decodeWireError(error) };
  if (ok !== true) throw unexpected('"ok" of a result', 'true or false', ok);
  if (!Number.isSafeInteger(size) || Number(size) < 0)
    throw unexpected('the size of a result', 'a number of bytes', size);
  return { ok, meta, size: size as number };
}

function batchIds(given: unknown): number[] {
  if (Array.isArray(given) && given.every((id) => typeof id === 'number')) return given;
  throw unexpected('batches given back', 'a list of numbers', given);
}

function count(given: unknown): number {
  if (Number.isSafeInteger(given) && Number(given) >= 0) return given as number;
  throw unexpected('what was used', 'a number from 0', given);
}

const MERGED: readonly unknown[] = ['proven', 'tried', 'asked'];

function rowMerging(given: unknown): RowMerging {
  const { merged, apart } = fieldsOf(given, 'what is told of rows');
  if (MERGED.includes(merged)) return { merged } as RowMerging;
  if (typeof apart === 'string' && apart.length <= MAX_REASON_CHARS) return { apart };
  throw unexpected('why rows are apart', `a text of ${MAX_REASON_CHARS} characters at most`, apart);
}

function problemText(given: unknown): string | undefined {
  if (given === undefined || (typeof given === 'string' && given.length <= MAX_REASON_CHARS)) return given;
  throw unexpected('why a handler cannot answer', `a text of ${MAX_REASON_CHARS} characters at most`, given);
}

/** Shown as it is, so it must not be too much to show. */
function report(given: unknown): unknown {
  if (isDeeper(given, MAX_LOG_DEPTH)) throw new Error(`a report of more than ${MAX_LOG_DEPTH} levels`);
  if ((JSON.stringify(given) ?? '').length <= MAX_REPORT_CHARS) return given;
  throw new Error(`a report of more than ${MAX_REPORT_CHARS} characters`);
}

function samples(given: unknown): MetricSeries[] {
  if (!Array.isArray(given) || given.length > MAX_SAMPLES)
    throw unexpected('samples', `a list of ${MAX_SAMPLES} at most`, given);
  for (const series of given) checkSeries(fieldsOf(series, 'a series of samples'));
  return given as MetricSeries[];
}

const SAMPLE_KINDS: readonly unknown[] = ['counter', 'gauge', 'histogram'] satisfies MetricSeries['kind'][];

function checkSeries({ name, kind, values, unit, dimensions }: Fields): void {
  if (typeof name !== 'string') throw unexpected('the name of a sample', 'text', name);
  if (typeof unit !== 'string') throw unexpected('the unit of a sample', 'text', unit);
  if (!SAMPLE_KINDS.includes(kind)) throw unexpected('the kind of a sample', 'counter, gauge or histogram', kind);
  if (!Array.isArray(values) || values.length > MAX_SAMPLES || !values.every((value) => typeof value === 'number'))
    throw unexpected('the values of a sample', `a list of ${MAX_SAMPLES} numbers at most`, values);
  for (const dimension of Object.values(fieldsOf(dimensions, 'the dimensions of a sample'))) {
    if (typeof dimension !== 'string') throw unexpected('a dimension of a sample', 'text', dimension);
  }
}

function log({ level, message, fields }: Fields): LogMessage {
  if (!LOG_LEVELS.includes(level as LogMessage['level']))
    throw unexpected('the level of a log line', LOG_LEVELS.join(', '), level);
  if (typeof message !== 'string') throw unexpected('a log line', 'text', message);
  const line = { kind: 'log', level: level as LogMessage['level'], message } as const;
  if (fields === undefined) return line;
  if (isDeeper(fields, MAX_LOG_DEPTH))
    throw new Error(`the fields of a log line are more than ${MAX_LOG_DEPTH} levels deep`);
  return { ...line, fields: fieldsOf(fields, 'the fields of a log line') };
}
