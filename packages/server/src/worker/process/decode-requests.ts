/** The requests of a batch, as their codecs read them. */
import type { RequestFacts } from '@marserve/handlers/context';
import type { RouteRequest, Row } from '@marserve/handlers';
import type { ReceivedRequest } from '../../wire/run-message.ts';
import type { Codec, DecodedRequest } from '../../protocols/codec.ts';
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

/** One that its codec cannot read fails alone. */
export async function decodeRequests(
  { facts }: LoadedModel,
  requests: readonly ReceivedRequest[],
): Promise<ReadRequest[]> {
  const read: ReadRequest[] = [];
  let firstRow = 0;
  for (let index = 0; index < requests.length; index += 1) {
    const request = requests[index] as ReceivedRequest;
    try {
      // For a batch of small requests, waiting once for each would take longer than the codec does.
      const codec = knownCodec(request.codec) ?? (await loadCodec(request.codec));
      const decoded = codec.decode(request, facts);
      read[index] = { firstRow, rowCount: decoded.rows.length, codec, decoded };
      firstRow += decoded.rows.length;
    } catch (error) {
      read[index] = { firstRow, rowCount: 0, failure: new Thrown(error) };
    }
  }
  return read;
}

/** What the handler is given, in order. */
export interface BatchRows {
  /** Of all requests. */
  readonly rows: Row[];
  /** What the handler may know of the request of each row. */
  readonly facts: RequestFacts[];
  /** Whether some came to routes of the handler's own. */
  hasRoutes: boolean;
}

/** @param sent the same requests as they came */
export function rowsOf(read: readonly ReadRequest[], sent: readonly ReceivedRequest[]): BatchRows {
  const batch: BatchRows = { rows: [], facts: [], hasRoutes: false };
  for (let index = 0; index < read.length; index += 1) {
    const [request, sentRequest] = [read[index], sent[index]];
    if (request === undefined || sentRequest === undefined || request.failure !== undefined) continue;
    const facts = new DecodedFacts(sentRequest, request.decoded);
    if (facts.route !== undefined) batch.hasRoutes = true;
    for (const row of request.decoded.rows) {
      // Not pushed: the handler may have replaced that.
      batch.rows[batch.rows.length] = row;
      batch.facts[batch.facts.length] = facts;
    }
  }
  return batch;
}

/** Headers are read when the handler asks for them. */
class DecodedFacts implements RequestFacts {
  readonly #sent: ReceivedRequest;
  readonly #decoded: DecodedRequest;

  constructor(sent: ReceivedRequest, decoded: DecodedRequest) {
    this.#sent = sent;
    this.#decoded = decoded;
  }

  get requestId(): string {
    return this.#sent.requestId;
  }

  get headers(): readonly string[] {
    return this.#decoded.headers?.() ?? this.#sent.headers;
  }

  get route(): RouteRequest | undefined {
    return this.#decoded.route;
  }

  get parameters(): Readonly<Record<string, unknown>> {
    return this.#decoded.parameters ?? {};
  }

  get keepsTensors(): boolean {
    return this.#decoded.keepsTensors ?? false;
  }
}
