/**
 * A batch on its way to a worker:
 *
 *     operation, offset and size of a payload that is in shared memory (0 when it is in the frame), how many requests
 *     for each: its id, its headers, its form, the bytes of each of its inputs
 *
 * In the payload each input ends at a multiple of eight bytes, with as many zeros before it as that takes: a tensor that is all
 * of an input, or the end of one behind its description, is where its elements can be read in their place.
 *
 * The form, as JSON, says which codec and which inputs; it is empty where it is that of the request before.
 */
import { FieldReader, FieldWriter } from './fields.ts';
import { bytesOf, encodeFrame, fillingBefore, type Frame } from './frame.ts';
import { kindNumber } from './message.ts';
import { plainJson } from './plain-json.ts';

/** Daemon → worker: run a batch. The worker runs one at a time, in the order they come. */
export interface RunMessage {
  /** Tells it from others. */
  readonly kind: 'run';
  /** The number of the batch, which the reply repeats; those of later ones are greater. */
  readonly id: number;
  /** Which of the handler's functions is run. */
  readonly operation: WireOperation;
  /** In the order of their inputs' bytes in the payload; one result each comes back. */
  readonly requests: readonly SentRequest[];
  /** Where the payload is when it does not follow in the frame; it stays there until the reply. */
  readonly payloadAt?: SharedPlace | undefined;
}

const OPERATIONS = ['predict', 'explain', 'describe'] as const;

/** What a handler is asked to do. */
export type WireOperation = (typeof OPERATIONS)[number];

/** One request of a batch. */
export interface WireRequest {
  /** Names the request in logs, and to the handler. */
  readonly requestId: string;
  /** Name of the codec that reads the inputs and writes the answer. */
  readonly codec: string;
  /** Names, in the client's spelling, and values in turn, in the order they came. */
  readonly headers: readonly string[];
}

/** As the daemon has it. */
export interface SentRequest extends WireRequest {
  /** In the client's order; empty for a request without a body. */
  readonly inputs: readonly SentInput[];
}

/** As the worker gets it. */
export interface ReceivedRequest extends WireRequest {
  /** What its batch is to do. */
  readonly operation: WireOperation;
  /** In the client's order; empty for a request without a body. */
  readonly inputs: readonly ReceivedInput[];
}

/** One input of a request. */
export interface WireInput {
  /** The field of a form; the protocol's word for the only input (`body`, `data`) otherwise. */
  readonly name: string;
  /** Media type without parameters, in lower case; empty when the client named none. */
  readonly contentType: string;
  /** Of text, when it is not UTF-8: a label that TextDecoder knows. */
  readonly charset?: string | undefined;
}

/** As the daemon has it. */
export interface SentInput extends WireInput {
  /** Its content, in pieces. */
  readonly chunks: readonly Uint8Array[];
}

/** As the worker gets it. */
export interface ReceivedInput extends WireInput {
  /** A view into the batch's payload; it holds until the batch is answered. */
  readonly bytes: Buffer;
}

/** A part of the memory that daemon and worker share, in bytes. */
export interface SharedPlace {
  /** Where it begins. */
  readonly offset: number;
  /** How long it is. */
  readonly size: number;
}

/** A batch as chunks to write, which `readRun` reads. @param payload that of the requests, unless it is in shared memory */
export function encodeRun(message: RunMessage, payload: readonly Uint8Array[]): Uint8Array[] {
  return encodeFrame({ kind: kindNumber('run'), id: message.id, fields: headerOf(message), payload });
}

/** What follows the header of a batch. */
export function payloadOf(requests: readonly SentRequest[]): Uint8Array[] {
  const payload: Uint8Array[] = [];
  for (const { inputs } of requests) {
    for (const { chunks } of inputs) {
      const filling = fillingBefore(bytesOf(chunks));
      if (filling.length > 0) payload.push(filling);
      for (const chunk of chunks) payload.push(chunk);
    }
  }
  return payload;
}

function headerOf({ operation, requests, payloadAt }: RunMessage): FieldWriter {
  const fields = new FieldWriter();
  fields.addNumber(OPERATIONS.indexOf(operation));
  fields.addNumber(payloadAt?.offset ?? 0);
  fields.addNumber(payloadAt?.size ?? 0);
  fields.addNumber(requests.length);
  let before: string | undefined;
  for (const request of requests) {
    const form = formOf(request);
    fields.addText(request.requestId);
    fields.addTexts(request.headers);
    fields.addText(form === before ? SAME : form);
    before = form;
    for (const { chunks } of request.inputs) fields.addNumber(bytesOf(chunks));
  }
  return fields;
}

/** What most requests of a server have in common. */
interface RequestForm {
  readonly codec: string;
  readonly inputs: readonly WireInput[];
}

/** In place of a form that is that of the request before. */
const SAME = '';

/** The form that was written last, and the one that was read last: most often it comes again. */
let written: { readonly form: RequestForm; readonly json: string } | undefined;
let read: { readonly form: RequestForm; readonly json: string } | undefined;

/** As JSON. */
function formOf({ codec, inputs }: SentRequest): string {
  if (written === undefined || !isOfForm(inputs, written.form) || codec !== written.form.codec) {
    const form = { codec, inputs: inputs.map(({ name, contentType, charset }) => ({ name, contentType, charset })) };
    written = { form, json: plainJson(form) };
  }
  return written.json;
}

function isOfForm(inputs: readonly WireInput[], form: RequestForm): boolean {
  if (inputs.length !== form.inputs.length) return false;
  for (let index = 0; index < inputs.length; index += 1) {
    const { name, contentType, charset } = inputs[index] as WireInput;
    const known = form.inputs[index] as WireInput;
    if (name !== known.name || contentType !== known.contentType || charset !== known.charset) return false;
  }
  return true;
}

/**
 * The requests of a batch, which `encodeRun` wrote; their headers are read when somebody asks for them.
 * @param readShared gives the payload that is at a place of the shared memory
 * @throws Error for a frame that is none of ours
 */
export function readRun(
  { numbers, text, payload }: Frame,
  readShared: (place: SharedPlace) => Buffer,
): ReceivedRequest[] {
  const fields = new FieldReader(numbers, text);
  const operation = OPERATIONS[fields.number()] ?? 'predict';
  const place = { offset: fields.number(), size: fields.number() };
  const reader = new RequestReader(fields, operation, place.size > 0 ? readShared(place) : payload);
  const requests: ReceivedRequest[] = [];
  const count = fields.number();
  // Not pushed: the handler may have replaced that.
  for (let index = 0; index < count; index += 1) requests[index] = reader.next();
  fields.end();
  return requests;
}

class RequestReader {
  readonly #fields: FieldReader;
  readonly #operation: WireOperation;
  readonly #payload: Buffer;
  #offset = 0;

  constructor(fields: FieldReader, operation: WireOperation, payload: Buffer) {
    this.#fields = fields;
    this.#operation = operation;
    this.#payload = payload;
  }

  next(): ReceivedRequest {
    const fields = this.#fields;
    const requestId = fields.text();
    const headers = fields.texts();
    const { codec, inputs: heads } = parseForm(fields.text());
    const inputs: ReceivedInput[] = [];
    for (let index = 0; index < heads.length; index += 1) {
      const { name, contentType, charset } = heads[index] as WireInput;
      inputs[index] = { name, contentType, charset, bytes: this.#take(fields.number()) };
    }
    return new Received({ operation: this.#operation, requestId, codec, inputs }, headers);
  }

  #take(size: number): Buffer {
    const start = this.#offset + fillingBefore(size).length;
    this.#offset = start + size;
    return this.#payload.subarray(start, this.#offset);
  }
}

function parseForm(json: string): RequestForm {
  if (read === undefined || (json !== SAME && json !== read.json)) {
    read = { form: JSON.parse(json) as RequestForm, json };
  }
  return read.form;
}

class Received implements ReceivedRequest {
  readonly operation: WireOperation;
  readonly requestId: string;
  readonly codec: string;
  readonly inputs: readonly ReceivedInput[];
  readonly #headers: () => readonly string[];

  /** @param headers reads them when it is called */
  constructor(
    { operation, requestId, codec, inputs }: Omit<ReceivedRequest, 'headers'>,
    headers: () => readonly string[],
  ) {
    this.operation = operation;
    this.requestId = requestId;
    this.codec = codec;
    this.inputs = inputs;
    this.#headers = headers;
  }

  get headers(): readonly string[] {
    return this.#headers();
  }
}
