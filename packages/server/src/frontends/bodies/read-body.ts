/** Reads the body of a request into its memory, up to a limit and within a time. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { clientGone, ServeError } from '../../core/errors.ts';
import { startTimer } from '../../core/timer.ts';
import { afterTurn } from '../after-turn.ts';
import type { BodyMemory } from './body-memory.ts';
import { BodySink, overloaded, tooLarge, type SizeLimit } from './body-sink.ts';
import { createPieceCounter } from './read-turns.ts';
import { refusalOn } from '../http/refused-requests.ts';
import { contentCodings, decodeContent } from './decode-content.ts';

/** What a body may take. */
export interface BodyLimits extends SizeLimit {
  /** Longest time from the start of reading to the end of the body, in milliseconds. */
  readonly timeoutMs: number;
}

/** A request whose body is to be read. */
export interface BodyReading {
  /** Whose body it is. */
  readonly request: IncomingMessage;
  /** A client that waits until there is room for its body is asked for it. */
  readonly response: ServerResponse;
  /** Where it goes. */
  readonly memory: BodyMemory;
  /** What it may take. */
  readonly limits: BodyLimits;
}

/** How long a body waits for room. */
const ROOM_MS = 5000;

/**
 * The body in pieces, which belong to the memory, as it was before its Content-Encoding.
 * @throws ServeError `request_too_large`, `request_timeout`, `unsupported_encoding`, `invalid_argument` for a damaged
 * encoding, `overloaded`, or `cancelled` when the client goes away
 */
export async function readBody(reading: BodyReading): Promise<Buffer[]> {
  const { request, memory, limits } = reading;
  const codings = contentCodings(request.headers['content-encoding']);
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limits.maxBytes) throw tooLarge(String(declared), limits);
  if (!memory.reserve(declared)) await waitForRoom(reading, declared);
  memory.expect(declared);
  if (awaitsContinue(request)) reading.response.writeContinue();
  await readPieces(reading);
  const pieces = memory.take();
  return codings.length === 0 ? pieces : decodeContent(pieces, codings, () => new BodySink(memory, limits));
}

/** Whether the client sends its body only when it is asked to, or after a while; node:http knows no other expectation. */
export function awaitsContinue({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.expect !== undefined && httpVersion === '1.1';
}

/** Nothing is read meanwhile, not even what Node would read ahead. */
async function waitForRoom({ request, memory }: BodyReading, bytes: number): Promise<void> {
  request.socket.pause();
  const hasRoom = await memory.reserveWithin(ROOM_MS, bytes);
  request.socket.resume();
  if (!hasRoom) throw overloaded();
}

function readPieces({ request, response, memory, limits }: BodyReading): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const sink = new BodySink(memory, limits);
    const countPiece = createPieceCounter(response);
    const onData = (piece: Buffer) => {
      countPiece(piece);
      try {
        sink.add(piece);
      } catch (error) {
        fail(error);
      }
    };
    const end = () => {
      isOver = true;
      clearTimeout(timer);
      resolve();
    };
    const fail = (error: unknown) => {
      request.off('data', onData);
      reject(error);
      end();
    };
    const onGone = () => {
      if (!request.complete) fail(refusalOn(request.socket) ?? clientGone());
    };
    request.on('data', onData);
    request.on('end', end);
    request.on('error', onGone);
    request.on('close', onGone);
    afterTurn(() => {
      if (!isOver) timer = startTimer(() => fail(tooSlow(limits.timeoutMs)), limits.timeoutMs);
    });
  });
}

/** What a request ends with whose body is not there in time. */
export function tooSlow(timeoutMs: number): ServeError {
  const message = `The request body did not come to its end within ${timeoutMs / 1000} s (request_body_timeout).`;
  return new ServeError('request_timeout', message);
}
