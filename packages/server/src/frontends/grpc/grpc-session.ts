/** A connection of HTTP/2: the calls that are open on it, how long it may be without any, and how old it may get. */
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { startTimer } from '../../core/timer.ts';

/** How long connections may last; milliseconds, undefined for ever. */
export interface ConnectionAge {
  /** After which a client is told to make a new one. */
  readonly mostMs?: number;
  /** For what is under way on it then. */
  readonly graceMs?: number;
}

/** What bounds a connection. */
export interface SessionLimits {
  /** How long a connection may be without a call, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** How long a connection may live. */
  readonly connectionAge: ConnectionAge;
}

/** Connections of one age are not all to come again at once. */
const JITTER = 0.1;

/** What the client has called by the time it hears of the end is still answered. */
const ANY_STREAM = 2 ** 31 - 1;

/** From its beginning to its end. */
export class GrpcSession {
  /** Whose calls they are; undefined over a socket of the file system. */
  readonly remoteAddress: string | undefined;
  readonly #session: ServerHttp2Session;
  readonly #idleTimer: NodeJS.Timeout;
  #openCalls = 0;

  constructor(session: ServerHttp2Session, { idleTimeoutMs, connectionAge }: SessionLimits) {
    this.#session = session;
    this.remoteAddress = session.socket.remoteAddress;
    this.#idleTimer = startTimer(() => {
      if (this.#openCalls === 0) session.close();
    }, idleTimeoutMs).unref();
    const stopAging = limitAge(session, connectionAge);
    session.once('close', () => {
      clearTimeout(this.#idleTimer);
      stopAging();
    });
  }

  /** How many calls are open on it. */
  get openCalls(): number {
    return this.#openCalls;
  }

  /** One more, until its stream is closed. */
  open(stream: ServerHttp2Stream): void {
    this.#openCalls += 1;
    stream.once('close', this.#closed);
  }

  /** Tells the client to call no more; resolves when what it called is over. */
  async close(): Promise<void> {
    if (this.#session.destroyed) return;
    const closed = new Promise<void>((resolve) => this.#session.once('close', resolve));
    this.#session.close();
    await closed;
  }

  /** Ends it, and what is under way. */
  destroy(): void {
    this.#session.destroy(undefined, constants.NGHTTP2_CANCEL);
  }

  readonly #closed = () => {
    this.#openCalls -= 1;
    if (this.#openCalls === 0) this.#idleTimer.refresh();
  };
}

/** @returns what forgets it */
function limitAge(session: ServerHttp2Session, { mostMs, graceMs }: ConnectionAge): () => void {
  if (mostMs === undefined) return () => {};
  const end = () => {
    if (session.destroyed) return;
    session.goaway(constants.NGHTTP2_NO_ERROR, ANY_STREAM, Buffer.from('max_age'));
    session.close();
    if (graceMs !== undefined) timer = startTimer(() => session.destroy(), graceMs).unref();
  };
  let timer = startTimer(end, mostMs * (1 - JITTER + 2 * JITTER * Math.random())).unref();
  return () => clearTimeout(timer);
}
