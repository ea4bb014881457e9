/** Whoever gives this worker batches: the server's main process, or one of its front ends. */
import type { Socket } from 'node:net';
import { MAIN_PEER } from '../../wire/daemon-message.ts';
import { encodeMessage, type JsonMessage } from '../../wire/message.ts';

// A handler may replace what is global.
const turn = setImmediate;

/** One end of a socket; what is written to it goes around whatever a handler may have replaced. */
export class Peer {
  /** Its number on boards; a front end says its own first. */
  id = MAIN_PEER;
  /** Whether nobody reads what is sent to it. */
  isGone = false;
  /** How many bytes were written in all. */
  readonly written: () => number;
  readonly #cork: () => void;
  readonly #uncork: () => void;
  readonly #write: (chunk: Uint8Array) => void;
  #isHeld = false;

  constructor(socket: Socket) {
    this.#cork = socket.cork.bind(socket);
    this.#uncork = socket.uncork.bind(socket);
    this.#write = socket.write.bind(socket);
    this.written = () => socket.bytesWritten;
  }

  /** Sends a message. */
  send(message: JsonMessage): void {
    this.write(encodeMessage(message));
  }

  /** Sends a frame. */
  write(chunks: readonly Uint8Array[]): void {
    this.#cork();
    for (let index = 0; index < chunks.length; index += 1) this.#write(chunks[index] as Uint8Array);
    this.#uncork();
  }

  /** What is sent from now on leaves in one system call, at the end of this turn of the event loop or with `release`. */
  hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#cork();
    turn(() => this.release());
  }

  /** What was held leaves. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#uncork();
  }
}
