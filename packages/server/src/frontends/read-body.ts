/** Reads the body of a request into its memory, up to a limit and within a time. */
import type { IncomingMessage } from 'node:http';
import { ServeError } from '../core/errors.ts';
import { startTimer } from '../core/timer.ts';
import type { BodyMemory } from './body-memory.ts';
import { createBodySink, overloaded, tooLarge, type SizeLimit } from './body-sink.ts';
import { createPieceCounter } from './read-turns.ts';
import { refusalOn } from './refused-requests.ts';
import { contentCodings, decodeContent } from './decode-content.ts';

export interface BodyLimits extends SizeLimit {
  /** Longest time from the start of reading to the end of the body, in milliseconds. */
  readonly timeoutMs: number;
}

/** A request whose body is to be read. */
export interface BodyReading {
  readonly request: IncomingMessage;
  readonly memory: BodyMemory;
  readonly limits: BodyLimits;
  /** Called when there is room for the body: a client that waits for that is asked for it. */
  readonly onRoom: () => void;
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
  reading.onRoom();
  await readPieces(reading);
  const pieces = memory.take();
  return codings.length === 0 ? pieces : decodeContent(pieces, codings, () => createBodySink(memory, limits));
}

/** Nothing is read meanwhile, not even what Node would read ahead. */
async function waitForRoom({ request, memory }: BodyReading, bytes: number): Promise<void> {
  request.socket.pause();
  const hasRoom = await memory.reserveWithin(ROOM_MS, bytes);
  request.socket.resume();
  if (!hasRoom) throw overloaded();
}

function readPieces({ request, memory, limits }: BodyReading): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = startTimer(() => fail(tooSlow(limits.timeoutMs)), limits.timeoutMs);
    const sink = createBodySink(memory, limits);
    const countPiece = createPieceCounter(request.socket);
    const onData = (piece: Buffer) => {
      countPiece();
      try {
        sink.add(piece);
      } catch (error) {
        fail(error);
      }
    };
    const fail = (error: unknown) => {
      clearTimeout(timer);
      request.off('data', onData);
      reject(error);
    };
    request.on('data', onData);
    request.on('end', () => {
      clearTimeout(timer);
      resolve();
    });
    const onGone = () => fail(refusalOn(request.socket) ?? goneError());
    request.on('error', onGone);
    request.on('close', () => {
      if (!request.complete) onGone();
    });
  });
}

function tooSlow(timeoutMs: number): ServeError {
  const message = `The request body did not come to its end within ${timeoutMs / 1000} s (request_body_timeout).`;
  return new ServeError('request_timeout', message);
}

/** What a request that its client gave up ends with. */
function goneError(): ServeError {
  return new ServeError('cancelled', 'The client went away');
}
