/** Whoever gives this worker batches: the server's main process, or one of its front ends. */
import type { Socket } from 'node:net';
import { MAIN_PEER } from '../../wire/daemon-message.ts';
import { encodeMessage, type Message } from '../../wire/message.ts';

/** One end of a socket; what is written to it goes around whatever a handler may have replaced. */
export class Peer {
  /** Its number on boards; a front end says its own first. */
  id = MAIN_PEER;
  /** How many bytes were written in all. */
  readonly written: () => number;
  readonly #write: (chunks: readonly Uint8Array[]) => void;

  constructor(socket: Socket) {
    const [cork, write, uncork] = [socket.cork.bind(socket), socket.write.bind(socket), socket.uncork.bind(socket)];
    this.written = () => socket.bytesWritten;
    this.#write = (chunks) => {
      cork();
      for (let index = 0; index < chunks.length; index += 1) write(chunks[index] as Uint8Array);
      uncork();
    };
  }

  /** Sends a message, the payload behind it. */
  send(message: Message, payload: readonly Uint8Array[] = []): void {
    this.#write(encodeMessage(message, payload));
  }
}
