/** A small answer as one text, head and body, for a connection that stays: what node:http would write, put together in less time. */
import { STATUS_CODES } from 'node:http';
import type { PlainResponse } from '../../protocols/endpoint.ts';
import { hasNoBody, type ReplyFacts } from './response-head.ts';

/** A larger body is not worth another copy. */
const MOST_BYTES = 8 * 1024;

const NAME = /^[a-z\d-]+$/;
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
/** What frames the answer, and what is said of the connection. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
]);

/** Writes the answers of one listener. */
export class PlainAnswers {
  readonly #standard: ReadonlyMap<string, string>;
  /** Undefined where one of them is for node:http to refuse. */
  readonly #standardLines: string | undefined;
  readonly #keepAlive: string;
  /** Answers of one model have the same headers, and mostly the same object. */
  #latest: { readonly headers: PlainResponse['headers']; readonly lines: string | undefined } | undefined;

  /** @param standard see `standardHeaders` @param idleTimeoutMs how long a connection may be without a request */
  constructor(standard: ReadonlyMap<string, string>, idleTimeoutMs: number) {
    this.#standard = standard;
    this.#standardLines = linesOf(Object.fromEntries(standard));
    this.#keepAlive = `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(idleTimeoutMs / 1000)}\r\n\r\n`;
  }

  /** In Latin-1, which has each byte of the body as a character; undefined for an answer that node:http has to write, or to refuse. */
  write({ status, reason, headers, body }: PlainResponse, { requestId, isLast }: ReplyFacts): string | undefined {
    if (isLast || reason !== undefined || hasNoBody(status) || body.length > MOST_BYTES) return undefined;
    const phrase = STATUS_CODES[status];
    if (this.#latest?.headers !== headers) this.#latest = { headers, lines: linesOf(headers, this.#standard) };
    const { lines } = this.#latest;
    if (phrase === undefined || lines === undefined || this.#standardLines === undefined) return undefined;
    const bytes = typeof body === 'string' ? Buffer.from(body) : asBuffer(body);
    const id = `x-request-id: ${requestId}\r\ncontent-length: ${bytes.length}\r\n`;
    const head = `HTTP/1.1 ${status} ${phrase}\r\n${this.#standardLines}${lines}${id}Date: ${date()}\r\n${this.#keepAlive}`;
    return head + bytes.toString('latin1');
  }
}

/** Undefined where one of them is another's matter. */
function linesOf(headers: PlainResponse['headers'], others?: ReadonlyMap<string, string>): string | undefined {
  let [lines, hasCapitals] = ['', false];
  for (const spelt of Object.keys(headers)) {
    const [name, value] = [spelt.toLowerCase(), headers[spelt] ?? ''];
    if (!NAME.test(name) || !VALUE.test(value) || OWN_NAMES.has(name) || others?.has(name)) return undefined;
    // Of two that are the same in lower case, the last counts.
    hasCapitals ||= spelt !== name;
    if (hasCapitals && `\n${lines}`.includes(`\n${name}: `)) return undefined;
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

let written = { second: NaN, text: '' };

/** As the header Date has it (RFC 9110, 5.6.7). */
function date(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== written.second) written = { second, text: new Date(second * 1000).toUTCString() };
  return written.text;
}
