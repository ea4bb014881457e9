/** The front ends that give this worker batches, beside the daemon's main process: they connect to a socket of their own. */
import { createServer, type Server, type Socket } from 'node:net';
import type { WorkerSharing } from '../../wire/daemon-message.ts';
import { socketAddress } from '../../system/socket-address.ts';
import { FrameReader, type Frame } from '../../wire/frame.ts';
import type { LoadedMessage, RowsMessage } from '../../wire/worker-message.ts';
import { Board } from './board.ts';
import { Peer } from './peer.ts';
import { Turns } from './turns.ts';

/** What becomes of what they say. */
export interface FrontEndsOptions {
  /** Where they connect, and where they see what the worker does. */
  readonly sharing: WorkerSharing;
  /** Whether a batch waits in this process. */
  readonly hasNext: () => boolean;
  /** Called with each frame; what it throws ends the connection. */
  readonly onFrame: (frame: Frame, peer: Peer) => void;
  /** Called when one is gone. */
  readonly onGone: (peer: Peer) => void;
}

/** Those that are connected. */
export class FrontEnds {
  /** Whose batch is next. */
  readonly turns: Turns;
  readonly #options: FrontEndsOptions;
  readonly #server: Server;
  readonly #address: string;
  #peers: Peer[] = [];
  #loaded: LoadedMessage | undefined;
  #rows: RowsMessage | undefined;

  /** @throws Error when there is no board, or no folder for the socket */
  constructor(options: FrontEndsOptions) {
    const { sharing, hasNext } = options;
    this.#options = options;
    this.turns = new Turns(new Board(sharing.board, sharing.slot), hasNext);
    this.#address = socketAddress(sharing.address).address;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** Resolves when they can connect. @param loaded what each hears first */
  async listen(loaded: LoadedMessage): Promise<void> {
    this.#loaded = loaded;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#address, resolve);
    });
  }

  /** Tells all of them, and those that come later. */
  tell(rows: RowsMessage): void {
    this.#rows = rows;
    for (let index = 0; index < this.#peers.length; index += 1) this.#peers[index]?.send(rows);
  }

  #serve(socket: Socket): void {
    const peer = new Peer(socket);
    // They are the daemon's: they send no more than it let in.
    const reader = new FrameReader({ maxBytes: Infinity, maxHeaderBytes: Infinity, maxBytesAhead: Infinity });
    this.#peers[this.#peers.length] = peer;
    socket.on('data', (chunk) => this.#read(socket, peer, reader.push(chunk)));
    socket.on('error', () => {});
    socket.on('close', () => this.#forget(peer));
    if (this.#loaded !== undefined) peer.send(this.#loaded);
    if (this.#rows !== undefined) peer.send(this.#rows);
  }

  #read(socket: Socket, peer: Peer, frames: readonly Frame[]): void {
    try {
      for (let index = 0; index < frames.length; index += 1) this.#options.onFrame(frames[index] as Frame, peer);
    } catch {
      socket.destroy();
    }
  }

  #forget(peer: Peer): void {
    const left: Peer[] = [];
    for (const each of this.#peers) if (each !== peer) left[left.length] = each;
    this.#peers = left;
    peer.isGone = true;
    this.#options.onGone(peer);
    this.turns.forget(peer);
  }
}
