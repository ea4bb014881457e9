/** The answers of a batch that come in parts, or leave before it is over, and the requests that nobody waits for any more. */
import type { RowResult } from '@marserve/handlers';
import { isInParts, type ModelQuestion, type PartSink, type ResponseOverrides } from '@marserve/handlers/context';
import type { PartAmount } from '../../wire/daemon-message.ts';
import type { JsonMessage } from '../../wire/message.ts';
import { AnswerInParts } from './answer-in-parts.ts';
import {
  encodePart,
  encodeRequest,
  failed,
  isFailure,
  type EncodedResult,
  type ReadRequest,
} from './coded-requests.ts';
import type { LoadedModel } from './load-model.ts';
import { nobodyWaits } from './nobody-waits.ts';

/** The batch, and how its parts leave. */
export interface BatchPartsOptions {
  /** Of the batch. */
  readonly id: number;
  /** The model that answers it. */
  readonly model: LoadedModel;
  /** Writes a message to the daemon, the payload behind it. */
  readonly send: (message: JsonMessage, payload: readonly Uint8Array[]) => void;
  /** Asks another model for a request of the batch. */
  readonly ask: (question: ModelQuestion, request: number) => Promise<unknown>;
}

/** Where a row is. */
interface RowPlace {
  /** Place of its request in the batch. */
  readonly request: number;
  /** Its own among the rows of that. */
  readonly row: number;
}

/** One for a batch; it has nothing before a row needs it. */
export class BatchParts implements PartSink {
  readonly id: number;
  readonly #options: BatchPartsOptions;
  #decoded: readonly ReadRequest[] = [];
  #responses: readonly ResponseOverrides[] = [];
  #answers: Map<number, AnswerInParts> | undefined;
  #aborts: Map<number, AbortController> | undefined;
  #cancelled: Set<number> | undefined;
  #isClosed = false;

  constructor(options: BatchPartsOptions) {
    this.id = options.id;
    this.#options = options;
  }

  /** To be called before the handler runs. @param responses what it sets on the answers of rows */
  begin(decoded: readonly ReadRequest[], responses: readonly ResponseOverrides[]): void {
    this.#decoded = decoded;
    this.#responses = responses;
  }

  sendPart(batchRow: number, value: RowResult): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    const place = this.#placeOf(batchRow);
    const part = this.#encode(batchRow, place, value);
    const sent = this.#answer(place.request).add(part);
    if (part.result.ok) return sent;
    const refused = Promise.reject(new Error(part.result.error.message));
    // One that is not awaited does not end the process.
    refused.catch(() => {});
    return refused;
  }

  signal(batchRow: number): AbortSignal {
    const { request } = this.#placeOf(batchRow);
    const known = this.#aborts?.get(request);
    if (known !== undefined) return known.signal;
    const controller = new AbortController();
    if (this.#cancelled?.has(request)) controller.abort();
    (this.#aborts ??= new Map()).set(request, controller);
    return controller.signal;
  }

  askModel(question: ModelQuestion, batchRow = 0): Promise<unknown> {
    const { request } = this.#placeOf(batchRow);
    if (this.#cancelled?.has(request) === true) return Promise.reject(nobodyWaits());
    return this.#options.ask(question, request);
  }

  /** Nobody waits for the answer to this request. */
  cancel(request: number): void {
    (this.#cancelled ??= new Set()).add(request);
    this.#aborts?.get(request)?.abort();
    this.#answers?.get(request)?.stop();
  }

  /** Nobody waits for any of the answers. */
  cancelAll(): void {
    for (let request = 0; request < this.#decoded.length; request += 1) this.cancel(request);
  }

  /** So much of its answer was taken. */
  taken(request: number, amount: PartAmount): void {
    this.#answers?.get(request)?.taken(amount);
  }

  /** Whether the answers cannot wait for the end of the batch: some came in parts, or will. */
  areNeeded(results: readonly RowResult[]): boolean {
    if (this.#answers !== undefined) return true;
    try {
      return results.some(isInParts);
    } catch {
      // Even looking at what a handler made can throw: whoever encodes it says so.
      return false;
    }
  }

  /** Sends all that is left: whole answers at once, parts as they come. Resolves when nothing is left. */
  async finish(results: readonly RowResult[]): Promise<void> {
    const streams: Promise<void>[] = [];
    for (const [index, request] of this.#decoded.entries()) {
      const own = results.slice(request.firstRow, request.firstRow + request.rowCount);
      if (this.#isWhole(index, own)) this.#sendWhole(index, results);
      else streams.push(this.#stream(index, own));
    }
    await Promise.all(streams);
  }

  /** The batch is over. */
  close(): void {
    this.#isClosed = true;
  }

  #isWhole(request: number, results: readonly RowResult[]): boolean {
    return this.#answers?.has(request) !== true && !results.some(isInParts);
  }

  #sendWhole(request: number, results: readonly RowResult[]): void {
    const decoded = this.#decoded[request] as ReadRequest;
    const handled = { results, responses: this.#responses };
    this.#answer(request).finish(encodeRequest(this.#options.model, decoded, handled));
  }

  /** What a row's handler returned, beside the parts that it sent, is the last part. */
  async #stream(request: number, results: readonly RowResult[]): Promise<void> {
    const answer = this.#answer(request);
    const { firstRow } = this.#decoded[request] as ReadRequest;
    const rows = results.map(async (result, row) => {
      const encode = (value: RowResult) => this.#encode(firstRow + row, { request, row }, value);
      if (isInParts(result)) await answer.pump(result, encode);
      else if (result !== undefined) await answer.add(encode(result));
    });
    await Promise.all(rows);
    if (!answer.hasBegun && !this.#cancelled?.has(request))
      this.#sendWhole(
        request,
        this.#responses.map(() => NOTHING),
      );
    await answer.end();
  }

  #encode(batchRow: number, { request, row }: RowPlace, value: RowResult): EncodedResult {
    const decoded = this.#decoded[request];
    if (isFailure(value)) return failed(value, 'handler_failed');
    if (decoded?.failure !== undefined || decoded === undefined)
      return failed(new Error('no such request'), 'invalid_result');
    const overrides = this.#responses[batchRow] ?? { headers: {} };
    const isFirst = this.#answers?.get(request)?.hasBegun !== true;
    const part = { value, row, isFirst, overrides, reply: decoded.decoded.reply };
    return encodePart(this.#options.model, decoded.codec, part);
  }

  #answer(request: number): AnswerInParts {
    const answers = (this.#answers ??= new Map());
    const known = answers.get(request);
    if (known !== undefined) return known;
    const { id, model, send } = this.#options;
    const answer = new AnswerInParts(model.partsAhead, (part, isLast) => {
      send({ kind: 'part', id, request, ...(part && { result: part.result }), isLast }, part?.body ? [part.body] : []);
    });
    if (this.#cancelled?.has(request)) answer.stop();
    answers.set(request, answer);
    return answer;
  }

  /** Most requests have a row each: looked for from where it is then. */
  #placeOf(batchRow: number): RowPlace {
    const guess = this.#decoded[batchRow];
    if (guess?.firstRow === batchRow && guess.rowCount > 0) return { request: batchRow, row: 0 };
    for (const [request, { firstRow, rowCount }] of this.#decoded.entries()) {
      if (batchRow < firstRow + rowCount) return { request, row: batchRow - firstRow };
    }
    throw new RangeError(`there is no row ${batchRow} in the batch`);
  }
}

/** The answer of rows that gave no part. */
const NOTHING = new Uint8Array();
