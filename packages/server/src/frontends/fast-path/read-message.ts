/** Finds a plain request in what came on a connection. */
import type { EndpointCall } from '../http/endpoint-runner.ts';
import { splitTarget } from '../http/plain-request.ts';
import type { BodyLimits } from '../bodies/read-body.ts';
import type { RouteTable } from '../routes/route-table.ts';
import { readPlainHead, type PlainHead } from './read-head.ts';

/** The empty line behind a head, with the end of the line before. */
export const HEAD_END = Buffer.from('\r\n\r\n');
/** What has not come whole is waited for if it is no longer than this, and comes in so few pieces. */
const MOST_HELD_BYTES = 16 * 1024;
const MOST_PIECES = 4;
/** What node:http takes. */
const MOST_HEAD_BYTES = 16 * 1024;
/** Clients send the same head again and again. */
const MOST_KNOWN_CHARS = 1024;

/** A request that came whole, and nothing behind it. */
export interface Message {
  /** Its head. */
  readonly head: PlainHead;
  /** What is to be run for it. */
  readonly call: EndpointCall;
  /** All of it. */
  readonly body: Buffer;
}

/** What reading takes. */
export interface MessageContext {
  /** Finds what a request asks for. */
  readonly routes: RouteTable;
  /** Larger bodies are node:http's. */
  readonly bodyLimits: BodyLimits;
}

interface KnownHead extends Omit<Message, 'body'> {
  readonly text: string;
}

/** The reader of one connection. */
export class MessageReader {
  readonly #context: MessageContext;
  #known: KnownHead | undefined;

  constructor(context: MessageContext) {
    this.#context = context;
  }

  /**
   * @param bytes all that came and is not answered yet @param pieces in which they came
   * @returns undefined for what is left to node:http, as requests are that come before the answers of those before
   */
  read(bytes: Buffer, pieces: number): Message | 'incomplete' | undefined {
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) return mayBecomePlain(bytes, pieces, 0) && !hasBareLineEnd(bytes) ? 'incomplete' : undefined;
    const known = end > MOST_HEAD_BYTES ? undefined : this.#headOf(bytes.toString('latin1', 0, end));
    if (known === undefined || known.head.bodyBytes > this.#context.bodyLimits.maxBytes) return undefined;
    const { head, call } = known;
    const start = end + HEAD_END.length;
    const length = start + head.bodyBytes;
    if (bytes.length < length) return mayBecomePlain(bytes, pieces, length) ? 'incomplete' : undefined;
    return bytes.length === length ? { head, call, body: bytes.subarray(start) } : undefined;
  }

  #headOf(text: string): KnownHead | undefined {
    if (this.#known?.text === text) return this.#known;
    const head = readPlainHead(text);
    if (head === undefined) return undefined;
    const known = { text, head, call: this.#context.routes.find(head.method, splitTarget(head.target).path) };
    if (text.length <= MOST_KNOWN_CHARS) this.#known = known;
    return known;
  }
}

/** @param length that it will have, as far as that is known */
function mayBecomePlain(bytes: Buffer, pieces: number, length: number): boolean {
  if (pieces >= MOST_PIECES || Math.max(bytes.length, length) > MOST_HELD_BYTES) return false;
  return ['GET /', 'POST /'].some((begin) => begin.startsWith(bytes.toString('latin1', 0, begin.length)));
}

/** A head with one has no end for us; whoever sends that waits for its refusal. */
function hasBareLineEnd(bytes: Buffer): boolean {
  return /(?<!\r)\n/.test(bytes.toString('latin1'));
}
