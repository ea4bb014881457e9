/** The requests of a batch, as their codecs read them. */
import type { RequestFacts } from '@marserve/handlers/context';
import type { Row } from '@marserve/handlers';
import type { RunMessage, WireInput, WireRequest } from '../../wire/daemon-message.ts';
import type { Codec, DecodedRequest, EncodedInput } from '../../protocols/codec.ts';
import { knownCodec, loadCodec } from './codecs.ts';
import type { LoadedModel } from './load-model.ts';

/** A request as its codec reads it; one that cannot be read has no rows, and says why. */
export type ReadRequest = ReadableRequest | UnreadableRequest;

/** One that can be read. */
export interface ReadableRequest {
  /** Place of its first row in the batch. */
  readonly firstRow: number;
  /** How many it has. */
  readonly rowCount: number;
  /** What read it, and is to write its answer. */
  readonly codec: Codec;
  /** What it asks for. */
  readonly decoded: DecodedRequest;
  /** None. */
  readonly failure?: undefined;
}

/** One whose codec threw. */
export interface UnreadableRequest {
  /** Where its rows would begin. */
  readonly firstRow: number;
  /** It has none. */
  readonly rowCount: 0;
  /** Why. */
  readonly failure: Thrown;
}

/** Whatever a handler or a codec threw, an Error or not. */
export class Thrown {
  /** Whatever it was. */
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** @param payload the bytes of all inputs, in order */
export async function decodeRequests(
  model: LoadedModel,
  { operation, requests }: RunMessage,
  payload: Buffer,
): Promise<ReadRequest[]> {
  const read: ReadRequest[] = [];
  let [firstRow, offset] = [0, 0];
  for (const { codec: name, headers, inputs: wireInputs } of requests) {
    const inputs = inputsAt(offset, wireInputs, payload);
    for (const { size } of wireInputs) offset += size;
    try {
      // For a batch of small requests, waiting once for each would take longer than the codec does.
      const codec = knownCodec(name) ?? (await loadCodec(name));
      const decoded = codec.decode({ operation, headers, inputs }, model.facts);
      read[read.length] = { firstRow, rowCount: decoded.rows.length, codec, decoded };
      firstRow += decoded.rows.length;
    } catch (error) {
      read[read.length] = { firstRow, rowCount: 0, failure: new Thrown(error) };
    }
  }
  return read;
}

function inputsAt(start: number, inputs: readonly WireInput[], payload: Buffer): EncodedInput[] {
  const encoded: EncodedInput[] = [];
  let offset = start;
  for (const { name, contentType, charset, size } of inputs) {
    const bytes = payload.subarray(offset, offset + size);
    offset += size;
    encoded[encoded.length] = { name, contentType, charset, bytes };
  }
  return encoded;
}

/** What the handler is given, in order. */
export interface BatchRows {
  /** Of all requests. */
  readonly rows: Row[];
  /** What the handler may know of the request of each row. */
  readonly facts: RequestFacts[];
}

/** @param sent the same requests as they came */
export function rowsOf(read: readonly ReadRequest[], sent: readonly WireRequest[]): BatchRows {
  const batch: BatchRows = { rows: [], facts: [] };
  for (let index = 0; index < read.length; index += 1) {
    const [request, wireRequest] = [read[index], sent[index]];
    if (request === undefined || wireRequest === undefined || request.failure !== undefined) continue;
    const { rows, headers = wireRequest.headers, parameters, keepsTensors } = request.decoded;
    const facts = { requestId: wireRequest.requestId, headers, parameters, keepsTensors };
    for (const row of rows) {
      // Not pushed: the handler may have replaced that.
      batch.rows[batch.rows.length] = row;
      batch.facts[batch.facts.length] = facts;
    }
  }
  return batch;
}
