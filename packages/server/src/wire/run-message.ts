/** A batch on its way to a worker. */
import { FieldReader, FieldWriter } from './fields.ts';
import type { Frame } from './frame.ts';

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

/** The header of a batch, which `readRun` reads in the same order. */
export function writeRun({ operation, requests, payloadAt }: RunMessage): FieldWriter {
  const fields = new FieldWriter();
  fields.addNumber(OPERATIONS.indexOf(operation));
  fields.addNumber(payloadAt?.offset ?? 0);
  fields.addNumber(payloadAt?.size ?? 0);
  fields.addNumber(requests.length);
  for (const { requestId, codec, headers, inputs } of requests) {
    fields.addText(requestId);
    fields.addText(codec);
    fields.addTexts(headers);
    fields.addNumber(inputs.length);
    for (const { name, contentType, charset, chunks } of inputs) {
      fields.addText(name);
      fields.addText(contentType);
      fields.addText(charset ?? '');
      fields.addNumber(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
    }
  }
  return fields;
}

/**
 * The requests of a batch, which `writeRun` wrote; their headers are read when somebody asks for them.
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
  const inputs = new InputReader(fields, place.size > 0 ? readShared(place) : payload);
  const requests: ReceivedRequest[] = [];
  const count = fields.number();
  // Not pushed: the handler may have replaced that.
  for (let index = 0; index < count; index += 1) requests[index] = readRequest(operation, fields, inputs);
  fields.end();
  return requests;
}

function readRequest(operation: WireOperation, fields: FieldReader, inputs: InputReader): ReceivedRequest {
  const [requestId, codec, readHeaders] = [fields.text(), fields.text(), fields.texts()];
  return new Received({ operation, requestId, codec, readHeaders, inputs: inputs.next() });
}

/** The inputs of one request after the other, with their part of the payload. */
class InputReader {
  readonly #fields: FieldReader;
  readonly #payload: Buffer;
  #offset = 0;

  constructor(fields: FieldReader, payload: Buffer) {
    this.#fields = fields;
    this.#payload = payload;
  }

  next(): ReceivedInput[] {
    const fields = this.#fields;
    const inputs: ReceivedInput[] = [];
    const count = fields.number();
    for (let index = 0; index < count; index += 1) {
      const [name, contentType, charset] = [fields.text(), fields.text(), fields.text()];
      inputs[index] = { name, contentType, charset: charset || undefined, bytes: this.#take(fields.number()) };
    }
    return inputs;
  }

  #take(size: number): Buffer {
    const start = this.#offset;
    this.#offset += size;
    return this.#payload.subarray(start, this.#offset);
  }
}

interface ReceivedParts extends Omit<ReceivedRequest, 'headers'> {
  readonly readHeaders: () => readonly string[];
}

class Received implements ReceivedRequest {
  readonly operation: WireOperation;
  readonly requestId: string;
  readonly codec: string;
  readonly inputs: readonly ReceivedInput[];
  readonly #readHeaders: () => readonly string[];

  constructor({ operation, requestId, codec, inputs, readHeaders }: ReceivedParts) {
    this.operation = operation;
    this.requestId = requestId;
    this.codec = codec;
    this.inputs = inputs;
    this.#readHeaders = readHeaders;
  }

  get headers(): readonly string[] {
    return this.#readHeaders();
  }
}
