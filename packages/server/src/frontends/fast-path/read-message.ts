/** Finds a plain request in what came on a connection. */
import type { BodyLimits } from '../bodies/read-body.ts';
import { MOST_KNOWN_CHARS, type KnownHead, type KnownHeads } from './known-heads.ts';

/** The empty line behind a head, with the end of the line before. */
export const HEAD_END = Buffer.from('\r\n\r\n');
/** What has not come whole is waited for if it is no longer than this, and comes in so few pieces; of what is longer, the head is enough. */
const MOST_HELD_BYTES = 16 * 1024;
const MOST_PIECES = 4;
/** What node:http takes. */
const MOST_HEAD_BYTES = 16 * 1024;

/** A request with nothing behind it. */
export interface Message {
  /** What comes first. */
  readonly known: KnownHead;
  /** As much of it as has come: all, or a part of a large one. */
  readonly body: Buffer;
}

/** What reading takes. */
export interface MessageContext {
  /** Of the listener. */
  readonly heads: KnownHeads;
  /** Larger bodies are node:http's. */
  readonly bodyLimits: BodyLimits;
}

/** The reader of one connection. */
export class MessageReader {
  readonly #context: MessageContext;
  /** The head that came last. */
  #own: KnownHead | undefined;

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
    const start = end + HEAD_END.length;
    const length = start + known.head.bodyBytes;
    if (bytes.length < length && length <= MOST_HELD_BYTES)
      return mayBecomePlain(bytes, pieces, length) ? 'incomplete' : undefined;
    return bytes.length <= length ? { known, body: bytes.subarray(start) } : undefined;
  }

  /** The next head is another, or comes in a while. */
  forget(): void {
    this.#own = undefined;
  }

  #headOf(text: string): KnownHead | undefined {
    const known = this.#context.heads.find(text, this.#own);
    if (text.length <= MOST_KNOWN_CHARS) this.#own = known;
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
