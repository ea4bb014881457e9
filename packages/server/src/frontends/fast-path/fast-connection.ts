/** One connection of the fast path, until it is closed or given to node:http. */
import type { Socket } from 'node:net';
import { clientGone } from '../../core/errors.ts';
import type { PlainResponse, StreamedResponse } from '../../protocols/endpoint.ts';
import { isWhole, type Sending, type Sent } from '../answers/send-answer.ts';
import { cut } from '../answers/untaken-answers.ts';
import { BodyMemory } from '../bodies/body-memory.ts';
import { probeHalfClosed } from '../connections/half-closed-clients.ts';
import { brokenOff, unreadable } from '../http/refused-requests.ts';
import { borrowResponse } from './borrow-response.ts';
import type { FastPathOptions } from './fast-path.ts';
import { FastRequest } from './fast-request.ts';
import { HEAD_END, handOver } from './hand-over.ts';
import { IncomingBody } from './incoming-body.ts';
import type { PlainHead } from './read-head.ts';
import { MOST_KNOWN_CHARS, type KnownHead } from './known-heads.ts';
import { mayBecomePlain, MOST_HELD_BYTES } from './unfinished-request.ts';

const NOTHING = Buffer.alloc(0);
/** What node:http takes. */
const MOST_HEAD_BYTES = 16 * 1024;

/** Answers one request after the other. */
export class FastConnection {
  readonly #socket: Socket;
  readonly #options: FastPathOptions;
  /** The request that is being answered. */
  #request: FastRequest | undefined;
  /** Its body, when that came behind its head. */
  #body: IncomingBody | undefined;
  /** Whether its answer has begun. */
  #isAnswering = false;
  /** The head that came last: the next is most often the same. */
  #known: KnownHead | undefined;
  /** What came and is no request yet. */
  #held: Buffer = NOTHING;
  /** In which it came. */
  #pieces = 0;
  /** Whether it has answered a request: it may be without one for longer. */
  #hasAnswered = false;
  /** Whether the client will send no more. */
  #hasEnded = false;
  /** The request whose client was last asked whether it is there, because its end is hidden. */
  #probed: FastRequest | undefined;
  /** Gives back the memory of an answer that the client has not taken. */
  #giveBack: (() => void) | undefined;
  /** How often it was looked at since its state changed. */
  #looks = 0;

  constructor(socket: Socket, options: FastPathOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).on('error', this.#onError);
  }

  /** Whether no request is being answered, and its client has taken the last answer. */
  get isIdle(): boolean {
    return this.#request === undefined && this.#giveBack === undefined;
  }

  /** Ends it at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** To be called about every second: what takes its time is node:http's matter, or over. */
  look(intervalMs: number): void {
    if (this.#socket.destroyed) return;
    this.#looks += 1;
    const ms = (this.#looks - 1) * intervalMs;
    if (this.#giveBack !== undefined) this.#lookAtAnswer(ms);
    else if (this.#request !== undefined) this.#lookAtClient(this.#request);
    else if (ms <= 0) return;
    else if (!this.#hasAnswered || this.#held.length > 0) this.#giveToNode(this.#held);
    else if (ms > this.#options.idleTimeoutMs) this.#socket.destroy();
    else this.#known = undefined;
  }

  /** Its client has not taken a small answer: that is waited for, less long where memory is short. */
  #lookAtAnswer(ms: number): void {
    const { budget, writeTimeoutMs } = this.#options;
    if (ms > writeTimeoutMs || (budget.isOverdrawn && ms > 0)) cut(this.#socket);
  }

  /** One that sent more behind its request may have left: the end of its side waits behind that. */
  #lookAtClient(request: FastRequest): void {
    if (this.#hasEnded || this.#probed === request || !hasHiddenEnd(this.#socket)) return;
    this.#probed = request;
    // As in an answer in parts whose client ends its side.
    if (this.#isAnswering) this.#socket.destroy();
    else this.#probe(request);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#request !== undefined) return this.#addToBody(chunk);
    this.#pieces += 1;
    this.#read(this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]));
  };

  #addToBody(chunk: Buffer): void {
    const rest = this.#body === undefined || this.#body.isWhole ? chunk : this.#body.add(chunk);
    if (rest.length === 0) return;
    // It was waited for by an answer that is over now.
    if (this.#request === undefined) this.#onData(rest);
    else this.#putBack(rest);
  }

  /** What comes behind a request is read when that is answered, and so is, behind it, the end of the client's side. */
  #putBack(bytes: Buffer): void {
    this.#socket.pause();
    this.#socket.unshift(bytes);
  }

  /** @param bytes all that came and is not answered yet; a request that comes before the answer of one before is left to node:http */
  #read(bytes: Buffer): void {
    const end = bytes.indexOf(HEAD_END);
    const known = this.#findHead(bytes, end);
    const start = end + HEAD_END.length;
    const length = known === undefined ? 0 : start + known.head.bodyBytes;
    const isUnfinished = end < 0 || (bytes.length < length && length <= MOST_HELD_BYTES);
    if (isUnfinished && mayBecomePlain({ bytes, pieces: this.#pieces, length })) return this.#hold(bytes);
    if (isUnfinished || known === undefined || bytes.length > length) return this.#giveToNode(bytes);
    const body = bytes.subarray(start);
    if (this.#giveBack !== undefined || !this.#takeMemory(known, body)) return this.#giveToNode(bytes);
    this.#begin(known, body);
    // Whoever reads it waits by now.
    this.#body?.add(body, bytes.length);
  }

  /** @param end of the head @returns undefined for one that has not come whole, or is left to node:http */
  #findHead(bytes: Buffer, end: number): KnownHead | undefined {
    if (end < 0 || end > MOST_HEAD_BYTES) return undefined;
    const { bodyLimits, heads } = this.#options;
    const known = heads.find(bytes.toString('latin1', 0, end), this.#known);
    if (end <= MOST_KNOWN_CHARS) this.#known = known;
    return known !== undefined && known.head.bodyBytes <= bodyLimits.maxBytes ? known : undefined;
  }

  /** Whether there is memory for its body. */
  #takeMemory({ head }: KnownHead, body: Buffer): boolean {
    const { bodyLimits, budget } = this.#options;
    if (body.length === head.bodyBytes) return budget.tryTake(body.length);
    const memory = new BodyMemory(budget);
    if (!memory.reserve(head.bodyBytes)) return false;
    const { timeoutMs } = bodyLimits;
    this.#body = new IncomingBody({ socket: this.#socket, bytes: head.bodyBytes, memory, timeoutMs });
    return true;
  }

  #hold(bytes: Buffer): void {
    // Its time is that of all of it, not of each piece.
    if (this.#held.length === 0) this.#looks = 0;
    this.#held = bytes;
  }

  #begin({ head, call }: KnownHead, body: Buffer): void {
    const request = new FastRequest({ head, call, body: this.#body ?? body, socket: this.#socket }, this.#options);
    this.#request = request;
    this.#held = NOTHING;
    this.#pieces = 0;
    void this.#options.runner.run(request, {
      call,
      memory: request,
      send: (answer, sending) => this.#send(answer, head, sending),
      abort: () => this.#socket.destroy(),
    });
  }

  #send(answer: PlainResponse | StreamedResponse, head: PlainHead, given: Sending): Sent | Promise<Sent> {
    const { idleTimeoutMs, plainAnswers, runner } = this.#options;
    const sending = this.#hasEnded ? { ...given, facts: { ...given.facts, isLast: true } } : given;
    this.#isAnswering = true;
    const text = isWhole(answer) && !this.#socket.destroyed ? plainAnswers.write(answer, sending.facts) : undefined;
    if (text !== undefined && isWhole(answer)) {
      this.#write(text);
      return { status: answer.status, bytes: Buffer.byteLength(answer.body) };
    }
    const onFinished = (isLast: boolean) => this.#finish(isLast);
    const response = borrowResponse({ socket: this.#socket, head, idleTimeoutMs, onFinished });
    return runner.send(response, answer, sending);
  }

  #write(text: string): void {
    this.#socket.write(text, 'latin1', this.#onWritten);
    if (this.#socket.writableLength > 0) this.#giveBack = this.#options.held.take(text);
    this.#finish(false);
  }

  readonly #onWritten = (): void => {
    this.#giveBack?.();
    this.#giveBack = undefined;
    this.#looks = 0;
  };

  /** Its answer was given to the system. */
  #finish(isLast: boolean): void {
    if (this.#body?.isWhole === false && !this.#hasEnded) return this.#body.discard(() => this.#finish(isLast));
    this.#body = undefined;
    this.#request = undefined;
    this.#isAnswering = false;
    this.#hasAnswered = true;
    this.#looks = 0;
    if (isLast) this.#socket.destroySoon();
    else if (this.#hasEnded) this.#socket.end();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    const request = this.#request;
    if (this.#body?.isWhole === false) this.#breakOff(this.#body);
    else if (request !== undefined) this.#probe(request);
    else if (this.#held.length === 0) this.#socket.end();
    else this.#options.refuse(this.#socket, this.#held);
  };

  /** In the middle of a body: that is refused, or it was answered already. */
  #breakOff(body: IncomingBody): void {
    if (this.#isAnswering) this.#socket.destroySoon();
    else body.fail(unreadable(brokenOff(NOTHING)));
  }

  #probe(request: FastRequest): void {
    probeHalfClosed({
      isAnswered: () => this.#request !== request || this.#isAnswering,
      writeProcessing: () => this.#socket.write('HTTP/1.1 102 Processing\r\n\r\n', 'latin1'),
    });
  }

  readonly #onClose = (): void => {
    this.#options.onClosed(this);
    this.#body?.close(clientGone());
    this.#request?.leave();
  };

  /** The connection is closed, which says all. */
  readonly #onError = (): void => {};

  /** For good. */
  #giveToNode(bytes: Buffer): void {
    this.#socket
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('close', this.#onClose)
      .off('error', this.#onError);
    this.#options.onClosed(this);
    handOver(this.#socket, bytes, this.#options.giveToNode);
  }
}

/** Whether a stream that is paused has come to its end behind what waits in it; Node tells nobody before that is read. */
function hasHiddenEnd(socket: Socket): boolean {
  const { _readableState: state } = socket as unknown as { readonly _readableState?: { readonly ended?: boolean } };
  return state?.ended === true && !socket.readableEnded;
}
