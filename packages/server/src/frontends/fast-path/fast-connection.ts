/** One connection of the fast path, until it is closed or given to node:http. */
import type { Socket } from 'node:net';
import type { PlainResponse, StreamedResponse } from '../../protocols/endpoint.ts';
import { isWhole, type Sending, type Sent } from '../answers/send-answer.ts';
import { cut } from '../answers/untaken-answers.ts';
import { probeHalfClosed } from '../connections/half-closed-clients.ts';
import type { EndpointCall } from '../http/endpoint-runner.ts';
import { splitTarget } from '../http/plain-request.ts';
import { borrowResponse } from './borrow-response.ts';
import type { FastPathOptions } from './fast-path.ts';
import { FastRequest } from './fast-request.ts';
import { readPlainHead, type PlainHead } from './read-head.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
/** What has not come whole is waited for if it is no longer than this, comes in so few pieces, and soon; it is node:http's matter else. */
const MOST_HELD_BYTES = 16 * 1024;
const MOST_PIECES = 4;
/** What node:http takes. */
const MOST_HEAD_BYTES = 16 * 1024;
/** Clients send the same head again and again. */
const MOST_KNOWN_CHARS = 1024;

const NOTHING = Buffer.alloc(0);

interface KnownHead {
  readonly text: string;
  readonly head: PlainHead;
  readonly call: EndpointCall;
}

/** What was read: a request, with what came behind it. */
interface Message extends Omit<KnownHead, 'text'> {
  readonly body: Buffer;
  readonly rest: Buffer;
}

/** Answers one request after the other. */
export class FastConnection {
  readonly #socket: Socket;
  readonly #options: FastPathOptions;
  /** The request that is being answered. */
  #request: FastRequest | undefined;
  /** Whether its answer has begun. */
  #isAnswering = false;
  /** What came and is no request yet, or is behind the one that is being answered. */
  #held: Buffer = NOTHING;
  #pieces = 0;
  #known: KnownHead | undefined;
  /** Whether it has answered a request: it may be without one for longer. */
  #hasAnswered = false;
  /** Whether the client will send no more. */
  #hasEnded = false;
  /** Gives back the memory of an answer that the client has not taken. */
  #giveBack: (() => void) | undefined;
  /** How often it was looked at since its state changed. */
  #looks = 0;

  constructor(socket: Socket, options: FastPathOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).on('error', this.#onError);
  }

  /** Whether no request is being answered. */
  get isIdle(): boolean {
    return this.#request === undefined;
  }

  /** Ends it at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** To be called about every second: what takes its time is node:http's matter, or over. */
  look(intervalMs: number): void {
    this.#looks += 1;
    const ms = (this.#looks - 1) * intervalMs;
    if (this.#giveBack !== undefined) this.#lookAtAnswer(ms);
    else if (this.#request !== undefined || ms <= 0) return;
    else if (!this.#hasAnswered || this.#held.length > 0) this.#giveToNode(this.#held);
    else if (ms > this.#options.idleTimeoutMs) this.#socket.destroy();
  }

  /** Its client has not taken a small answer: that is waited for, less long where memory is short. */
  #lookAtAnswer(ms: number): void {
    const { budget, writeTimeoutMs } = this.#options;
    if (ms > writeTimeoutMs || (budget.isOverdrawn && ms > 0)) cut(this.#socket);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#pieces += 1;
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    if (this.#request === undefined) this.#read(bytes);
    else {
      this.#held = bytes;
      if (bytes.length > MOST_HELD_BYTES) this.#socket.pause();
    }
  };

  #read(bytes: Buffer): void {
    const message = this.#messageOf(bytes);
    if (message === 'incomplete') {
      this.#held = bytes;
      this.#looks = 0;
      return;
    }
    // Once a client sends requests before their answers, node:http keeps them in order.
    const isAlone = message !== undefined && (message.rest.length === 0 || this.#hasEnded);
    const isTaken = isAlone && this.#giveBack === undefined && this.#options.budget.tryTake(message.body.length);
    if (isTaken) this.#begin(message);
    else this.#giveToNode(bytes);
  }

  #messageOf(bytes: Buffer): Message | 'incomplete' | undefined {
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) return this.#mayBecomePlain(bytes, 0) ? 'incomplete' : undefined;
    const known = end > MOST_HEAD_BYTES ? undefined : this.#headOf(bytes.toString('latin1', 0, end));
    if (known === undefined || known.head.bodyBytes > this.#options.bodyLimits.maxBytes) return undefined;
    const start = end + HEAD_END.length;
    const length = start + known.head.bodyBytes;
    if (bytes.length < length) return this.#mayBecomePlain(bytes, length) ? 'incomplete' : undefined;
    const { head, call } = known;
    return { head, call, body: bytes.subarray(start, length), rest: bytes.subarray(length) };
  }

  /** @param length that it will have, as far as that is known */
  #mayBecomePlain(bytes: Buffer, length: number): boolean {
    if (this.#hasEnded || this.#pieces >= MOST_PIECES || Math.max(bytes.length, length) > MOST_HELD_BYTES) return false;
    return ['GET /', 'POST /'].some((begin) => begin.startsWith(bytes.toString('latin1', 0, begin.length)));
  }

  #headOf(text: string): KnownHead | undefined {
    if (this.#known?.text === text) return this.#known;
    const head = readPlainHead(text);
    if (head === undefined) return undefined;
    const known = { text, head, call: this.#options.routes.find(head.method, splitTarget(head.target).path) };
    if (text.length <= MOST_KNOWN_CHARS) this.#known = known;
    return known;
  }

  #begin({ head, call, body, rest }: Message): void {
    const request = new FastRequest({ head, call, body, socket: this.#socket }, this.#options);
    this.#request = request;
    this.#held = rest;
    this.#pieces = 0;
    this.#run(request, { head, call }).catch((error: unknown) => {
      this.#options.onFault(error);
      this.#socket.destroy();
    });
  }

  async #run(request: FastRequest, { head, call }: Pick<Message, 'head' | 'call'>): Promise<void> {
    const startedAt = performance.now();
    const { interceptor, isClosing, runner } = this.#options;
    const answer = await runner.answerOf(request, call, request);
    const isLast = isClosing() || (this.#hasEnded && this.#held.length === 0);
    const facts = { requestId: request.requestId, headers: runner.headers, isLast };
    const sending = this.#send(answer, head, { facts, call });
    const { status, bytes } = sending instanceof Promise ? await sending : sending;
    interceptor.answered(request, { status, bytes, ms: performance.now() - startedAt });
  }

  #send(answer: PlainResponse | StreamedResponse, head: PlainHead, sending: Sending): Sent | Promise<Sent> {
    const { idleTimeoutMs, plainAnswers, runner } = this.#options;
    this.#isAnswering = true;
    const text = isWhole(answer) && !this.#socket.destroyed ? plainAnswers.write(answer, sending.facts) : undefined;
    if (text !== undefined && isWhole(answer)) {
      this.#write(text);
      return { status: answer.status, bytes: Buffer.byteLength(answer.body) };
    }
    const onFinished = () => this.#finish(sending.facts.isLast);
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
  };

  /** Its answer was given to the system. */
  #finish(isLast: boolean): void {
    const bytes = this.#held;
    this.#request = undefined;
    this.#isAnswering = false;
    this.#held = NOTHING;
    this.#hasAnswered = true;
    this.#looks = 0;
    if (isLast) this.#socket.destroySoon();
    else if (bytes.length > 0) this.#read(bytes);
    else if (this.#hasEnded) this.#socket.end();
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    const request = this.#request;
    if (request !== undefined) this.#probe(request);
    else if (this.#held.length === 0) this.#socket.end();
    else this.#giveToNode(this.#held);
  };

  #probe(request: FastRequest): void {
    probeHalfClosed({
      isAnswered: () => this.#request !== request || this.#isAnswering,
      writeProcessing: () => this.#socket.write('HTTP/1.1 102 Processing\r\n\r\n', 'latin1'),
    });
  }

  readonly #onClose = (): void => {
    this.#options.onClosed(this);
    this.#request?.leave();
  };

  /** The connection is closed, which says all. */
  readonly #onError = (): void => {};

  /** For good. What a client sent that ended its side is no request, or it would have been taken. */
  #giveToNode(bytes: Buffer): void {
    const { giveToNode, onClosed, refuse } = this.#options;
    if (this.#hasEnded) return refuse(this.#socket, bytes);
    this.#socket
      .pause()
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('close', this.#onClose)
      .off('error', this.#onError);
    onClosed(this);
    const end = bytes.indexOf(HEAD_END);
    const headBytes = end < 0 ? bytes.length : end + HEAD_END.length;
    if (headBytes > 0) this.#socket.unshift(bytes.subarray(0, headBytes));
    giveToNode(this.#socket);
    this.#socket.resume();
    if (headBytes < bytes.length) putBackLater(this.#socket, bytes.subarray(headBytes));
  }
}

/**
 * What comes from the system is given to whoever reads a body while it is parsed, piece by piece; so is this, once the head has
 * been read and its reader listens.
 */
function putBackLater(socket: Socket, bytes: Buffer): void {
  process.nextTick(() => process.nextTick(() => socket.unshift(bytes)));
}
