/** The body of a plain request, of which the head has come: read into memory that is used again, past Node's streams where that can be. */
import type { Socket } from 'node:net';
import type { ServeError } from '../../core/errors.ts';
import { startTimer } from '../../core/timer.ts';
import { afterTurn } from '../after-turn.ts';
import type { BodyMemory } from '../bodies/body-memory.ts';
import { tooSlow } from '../bodies/read-body.ts';
import { MAX_DISCARDED_BYTES, MAX_DISCARDING_MS } from '../answers/send-response.ts';
import { readNow } from './read-now.ts';

/** What Node reads at once: where it got so much, there may be more. */
const READ_BYTES = 64 * 1024;
/** So much more is read then, lest other connections wait. */
const MOST_AT_ONCE = 1024 * 1024;

/** What is to come. */
export interface IncomingBodyOptions {
  /** On which it comes. */
  readonly socket: Socket;
  /** Length of all of it. */
  readonly bytes: number;
  /** Where it goes; has reserved so much. */
  readonly memory: BodyMemory;
  /** Longest time until its end, in milliseconds. */
  readonly timeoutMs: number;
}

/** Whoever waits for all of it. */
interface Waiting {
  readonly resolve: (pieces: Buffer[]) => void;
  readonly reject: (error: ServeError) => void;
}

/** One body, from its first bytes to its last. */
export class IncomingBody {
  readonly #socket: Socket;
  readonly #memory: BodyMemory;
  #missing: number;
  /** Whether somebody will look at it. */
  #isWanted = true;
  #error: ServeError | undefined;
  #waiting: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  #onDiscarded: (() => void) | undefined;
  #discarded = 0;

  constructor({ socket, bytes, memory, timeoutMs }: IncomingBodyOptions) {
    this.#socket = socket;
    this.#memory = memory;
    this.#missing = bytes;
    memory.expect(bytes);
    // Most bodies are there by then, and need no timer.
    afterTurn(() => {
      if (this.#missing > 0 && this.#isWanted && this.#error === undefined)
        this.#timer = startTimer(() => this.fail(tooSlow(timeoutMs)), timeoutMs);
    });
  }

  /** Whether all of it has come. */
  get isWhole(): boolean {
    return this.#missing === 0;
  }

  /** Takes its next bytes. @param read how many were read with them @returns what came behind it */
  add(bytes: Buffer, read = bytes.length): Buffer {
    const own = bytes.length <= this.#missing ? bytes : bytes.subarray(0, this.#missing);
    this.#take(own);
    if (this.#isWanted && this.#missing > 0 && read >= READ_BYTES) this.#readOn();
    if (this.#missing === 0) this.#end();
    return bytes.subarray(own.length);
  }

  /** All of it, in pieces, which belong to its memory. @throws ServeError that it failed with */
  whole(): Promise<Buffer[]> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#settle();
    });
  }

  /** It will not be whole, or not in time. */
  fail(error: ServeError): void {
    this.#error ??= error;
    this.#settle();
  }

  /** Nobody will look at it any more, and what is still to come goes nowhere. @param isReusable whether nobody looks at what has come */
  leave(isReusable: boolean): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    if (isReusable) this.#memory.release();
    else this.#memory.abandon();
  }

  /**
   * Waits for the rest of it, because a client that is still sending would not see an answer on a connection that is closed; gives
   * the connection up when that is too much, or takes too long.
   */
  discard(onDiscarded: () => void): void {
    this.#onDiscarded = onDiscarded;
    this.#timer = startTimer(() => this.#socket.destroySoon(), MAX_DISCARDING_MS);
  }

  /** Its connection is closed. */
  close(error: ServeError): void {
    this.fail(error);
    clearTimeout(this.#timer);
  }

  #take(bytes: Buffer): void {
    this.#missing -= bytes.length;
    if (this.#isWanted) return this.#memory.add(bytes);
    this.#discarded += bytes.length;
    if (this.#discarded > MAX_DISCARDED_BYTES) this.#socket.destroySoon();
  }

  /** What the system has of it is put where it belongs, without a copy. */
  #readOn(): void {
    for (let left = MOST_AT_ONCE; left > 0 && this.#missing > 0;) {
      const room = this.#memory.room(Math.min(left, this.#missing));
      const count = room === undefined ? 0 : readNow(this.#socket, room);
      this.#memory.filled(count);
      this.#missing -= count;
      left -= count;
      if (count < (room?.length ?? 1)) return;
    }
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#settle();
    this.#onDiscarded?.();
  }

  #settle(): void {
    const waiting = this.#waiting;
    if (waiting === undefined || (this.#missing > 0 && this.#error === undefined)) return;
    this.#waiting = undefined;
    if (this.#error === undefined) waiting.resolve(this.#memory.take());
    else waiting.reject(this.#error);
  }
}
