/**
 * Fairness between bodies: what Node reads of a connection at once can be 16,000 chunks of one byte, which take it 20 ms, and
 * it may read several times in a turn of the event loop. The bytes of such bodies are given to its parser in slices instead,
 * of one connection in each turn, and their connections end with their answer.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A body with so many pieces that are smaller than so many bytes is read in turns from then on. */
const MOST_SMALL_PIECES = 200;
const SMALL_BYTES = 64;
/** What is parsed in a turn: 700 chunks of one byte, in 1 ms. */
const SLICE_BYTES = 4096;

type Listener = (bytes: Buffer) => void;

/** To be called with each piece of the body of the request that is answered. */
export function createPieceCounter(response: ServerResponse): Listener {
  let small = 0;
  return (piece) => {
    if (piece.length >= SMALL_BYTES) return;
    small += 1;
    if (small === MOST_SMALL_PIECES) readInTurns(response);
  };
}

const sliced = new WeakSet<Socket>();

/** Whether a connection ends with the answer that is being made: what comes behind that is no request (RFC 9112, 9.6). */
export function endsWithAnswer(socket: Socket): boolean {
  return sliced.has(socket);
}

function readInTurns(response: ServerResponse): void {
  const { socket, complete } = response.req;
  if (complete || sliced.has(socket)) return;
  sliced.add(socket);
  response.shouldKeepAlive = false;
  response.once('finish', () => socket.destroySoon());
  new SlicedReading(response).begin();
}

const waiting: SlicedReading[] = [];

function waitForTurn(reading: SlicedReading): void {
  if (waiting.push(reading) === 1) setImmediate(giveTurn);
}

function giveTurn(): void {
  waiting.shift()?.takeTurn();
  if (waiting.length > 0) setImmediate(giveTurn);
}

/** Stands between a connection and the parser of node:http, which is the connection's only listener for data. */
class SlicedReading {
  readonly #socket: Socket;
  readonly #isComplete: () => boolean;
  #parse: Listener | undefined;
  #hasTurn = false;

  constructor({ req }: ServerResponse) {
    this.#socket = req.socket;
    this.#isComplete = () => req.complete;
  }

  begin(): void {
    this.#socket.pause();
    // Whoever makes it read on, node:http has told the system before it comes to this.
    this.#socket.once('resume', () => this.#takePlace());
    waitForTurn(this);
  }

  takeTurn(): void {
    this.#hasTurn = true;
    this.#socket.resume();
  }

  /** Without a listener of node:http, there is no short way past the events from the system to its parser any more. */
  #takePlace(): void {
    const [parse] = this.#socket.listeners('data') as Listener[];
    if (parse === undefined || this.#isComplete()) return;
    this.#parse = parse;
    this.#socket.on('data', this.#onData).off('data', parse);
  }

  readonly #onData: Listener = (bytes) => {
    // What comes behind the body is no request of a connection that ends.
    if (this.#isComplete() || this.#socket.destroyed) return;
    if (!this.#hasTurn) return this.#putBack(bytes);
    this.#hasTurn = false;
    this.#parse?.(bytes.subarray(0, SLICE_BYTES));
    waitForTurn(this);
    this.#putBack(bytes.subarray(SLICE_BYTES));
  };

  /** The request asks for more whenever it has given away a piece, be it its turn or not. */
  #putBack(bytes: Buffer): void {
    this.#socket.pause();
    if (bytes.length > 0) this.#socket.unshift(bytes);
  }
}
