/** The answers to a batch on their way to the daemon, which checks them: a handler could write to the wire itself. */
import type { StageTimes } from '@marserve/handlers/context';
import { FieldReader, FieldWriter } from './fields.ts';
import { encodeFrame, type Frame } from './frame.ts';
import { kindNumber } from './message.ts';
import { plainJson } from './plain-json.ts';
import { decodeWireError } from './decode-wire-error.ts';
import type { WireResult, WireSuccess } from './worker-message.ts';

/**
 * Worker → daemon: the batch is over. One result per request of the batch, null where the last part was sent; bodies are in the
 * payload, in order.
 */
export interface ReplyMessage {
  /** Tells it from others. */
  readonly kind: 'reply';
  /** Number of the batch that it answers. */
  readonly id: number;
  /** In the order of the batch's requests. */
  readonly results: readonly (WireResult | null)[];
  /** Of the whole batch. */
  readonly stages: WireStages;
  /** Resident memory of the worker's process, in bytes; told now and then. */
  readonly residentBytes?: number | undefined;
}

/** Where the time of a batch went, in milliseconds; a handler that has no such stages reports none. */
export interface WireStages extends Readonly<StageTimes> {
  /** From bytes to rows, in the codec. */
  readonly decodeMs: number;
  /** From results to bytes, in the codec. */
  readonly encodeMs: number;
  /** All of the handler's own time. */
  readonly handlerMs: number;
  /** From the batch's beginning in the worker to its end: the three together. */
  readonly predictionMs: number;
}

/** What stands before a result. */
const RESULT = {
  /** It was sent in parts. */
  sent: 0,
  /** Its size, and what the codec says of it, as JSON; empty where that is what it says of the answer before. */
  answer: 1,
  /** Its error, as JSON. */
  failure: 2,
} as const;

/** In place of what is the same as in the answer before. */
const SAME = '';
/** In place of an amount that is not told. */
const NOTHING = -1;

/** A reply as chunks to write, which `readReply` reads. @param bodies of the answers, in order */
export function encodeReply(message: ReplyMessage, bodies: readonly Uint8Array[]): Uint8Array[] {
  return encodeFrame({ kind: kindNumber('reply'), id: message.id, fields: headerOf(message), payload: bodies });
}

function headerOf({ results, stages, residentBytes = NOTHING }: ReplyMessage): FieldWriter {
  const { decodeMs, encodeMs, handlerMs, predictionMs } = stages;
  const { preprocessMs = NOTHING, inferenceMs = NOTHING, postprocessMs = NOTHING } = stages;
  const fields = new FieldWriter();
  const amounts = [
    decodeMs,
    encodeMs,
    handlerMs,
    predictionMs,
    preprocessMs,
    inferenceMs,
    postprocessMs,
    residentBytes,
  ];
  // Loops: in a worker, its handler may have replaced the methods of lists.
  for (let index = 0; index < amounts.length; index += 1) fields.addDouble(amounts[index] as number);
  fields.addNumber(results.length);
  const writer = new ResultWriter(fields);
  for (let index = 0; index < results.length; index += 1) writer.add(results[index] as WireResult | null);
  return fields;
}

/** The reply of a frame. @throws Error with what is wrong with it */
export function readReply({ id, numbers, text, payload }: Frame): ReplyMessage {
  const fields = new FieldReader(numbers, text);
  const stages = readStages(fields);
  const residentBytes = optionalAmount(fields.double(), 'the memory of a worker');
  const reader = new ResultReader(fields);
  const results: (WireResult | null)[] = [];
  const count = fields.number();
  for (let index = 0; index < count; index += 1) results[index] = reader.next();
  fields.end();
  if (reader.bytes !== payload.length) {
    throw new Error(`a reply whose results have ${reader.bytes} bytes, and the payload ${payload.length}`);
  }
  return { kind: 'reply', id, results, stages, ...(residentBytes !== undefined && { residentBytes }) };
}

class ResultWriter {
  readonly #fields: FieldWriter;
  #meta: unknown;
  #metaJson: string | undefined;

  constructor(fields: FieldWriter) {
    this.#fields = fields;
  }

  add(result: WireResult | null): void {
    if (result === null) this.#fields.addNumber(RESULT.sent);
    else if (result.ok) this.#addAnswer(result);
    else {
      this.#fields.addNumber(RESULT.failure);
      this.#fields.addText(plainJson(result.error));
    }
  }

  #addAnswer({ meta, size }: WireSuccess): void {
    const before = this.#metaJson;
    if (before === undefined || meta !== this.#meta) this.#metaJson = plainJson(meta);
    this.#meta = meta;
    this.#fields.addNumber(RESULT.answer);
    this.#fields.addNumber(size);
    this.#fields.addText(this.#metaJson === before ? SAME : (this.#metaJson as string));
  }
}

class ResultReader {
  /** Of all bodies so far. */
  bytes = 0;
  readonly #fields: FieldReader;
  #meta: { readonly value: unknown } | undefined;

  constructor(fields: FieldReader) {
    this.#fields = fields;
  }

  next(): WireResult | null {
    const kind = this.#fields.number();
    switch (kind) {
      case RESULT.sent:
        return null;
      case RESULT.answer:
        return this.#answer();
      case RESULT.failure:
        return { ok: false, error: decodeWireError(JSON.parse(this.#fields.text())) };
      default:
        throw new Error(`a result of unknown kind ${kind}`);
    }
  }

  #answer(): WireSuccess {
    const size = this.#fields.number();
    this.bytes += size;
    const json = this.#fields.text();
    if (json !== SAME) this.#meta = { value: parseMeta(json) };
    if (this.#meta === undefined) throw new Error('an answer like the one before, and there is none before it');
    return { ok: true, meta: this.#meta.value, size };
  }
}

/** Nearly all answers of a model say the same, and the models of a server answer in turn. */
const known = new Map<string, unknown>();
const MOST_KNOWN = 64;

function parseMeta(json: string): unknown {
  const before = known.get(json);
  if (before !== undefined) return before;
  const meta = JSON.parse(json) as unknown;
  if (known.size === MOST_KNOWN) known.clear();
  known.set(json, meta);
  return meta;
}

function readStages(fields: FieldReader): WireStages {
  const stages: { -readonly [Stage in keyof WireStages]: WireStages[Stage] } = {
    decodeMs: amount(fields.double(), 'decodeMs'),
    encodeMs: amount(fields.double(), 'encodeMs'),
    handlerMs: amount(fields.double(), 'handlerMs'),
    predictionMs: amount(fields.double(), 'predictionMs'),
  };
  for (const name of ['preprocessMs', 'inferenceMs', 'postprocessMs'] as const) {
    const value = optionalAmount(fields.double(), name);
    if (value !== undefined) stages[name] = value;
  }
  return stages;
}

function optionalAmount(value: number, what: string): number | undefined {
  return value === NOTHING ? undefined : amount(value, what);
}

function amount(value: number, what: string): number {
  if (value >= 0 && value < Infinity) return value;
  throw new Error(`${what}: expected a number from 0 on, got ${value}`);
}
