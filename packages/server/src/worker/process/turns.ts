/**
 * Which of the front ends that have batches may give this worker the next one. A front end gives a batch at once to a worker that
 * it sees idle on the board; where it sees none, it says that it wants to, and is given a turn when the worker is free. So work is
 * bound to a worker as late as can be, in whatever process it waits.
 */
import { WORKER_IDLE, WORKER_RESERVED } from '../../wire/daemon-message.ts';
import type { Board } from './board.ts';
import type { Peer } from './peer.ts';

/** Whoever may have a turn. */
type Asker = Pick<Peer, 'id' | 'send'>;

// A handler may replace what is global.
const startTimer = setTimeout;
const realClock = performance.now.bind(performance);

/** So long a turn may stay unused: its front end may be busy, or stand still. */
const UNUSED_MS = 3;
/** Several may have turns at the same time where their batches together take no longer than this. */
const AT_ONCE_MS = 2;
const MOST_AT_ONCE = 16;
/** How much the latest batch counts in what a batch takes. */
const WEIGHT = 0.2;

/** One for a worker that several processes share. */
export class Turns {
  readonly #board: Pick<Board, 'write'>;
  readonly #hasNext: () => boolean;
  readonly #now: () => number;
  /** In the order in which they wanted one; each once. */
  #wanting: Asker[] = [];
  /** Those that have a turn and have not used it, the oldest first. */
  #given: Asker[] = [];
  #computing: Asker | undefined;
  #startedAt = 0;
  #batchMs = Infinity;
  #isTimed = false;

  /**
   * @param hasNext whether a batch waits in this process
   * @param now the clock, in milliseconds
   */
  constructor(board: Pick<Board, 'write'>, hasNext: () => boolean, now: () => number = realClock) {
    this.#board = board;
    this.#hasNext = hasNext;
    this.#now = now;
  }

  /** The peer has a batch. */
  want(peer: Asker): void {
    if (indexOf(this.#wanting, peer) < 0) this.#wanting[this.#wanting.length] = peer;
    if (this.#computing === undefined) this.#give();
  }

  /** The peer has none any more, or is gone: its turn is another's. */
  pass(peer: Asker): void {
    this.#given = without(this.#given, peer);
    if (this.#computing === undefined) this.#give();
  }

  /** The peer is gone. */
  forget(peer: Asker): void {
    this.#wanting = without(this.#wanting, peer);
    this.pass(peer);
  }

  /** A batch of the peer came. */
  came(peer: Asker): void {
    this.#given = without(this.#given, peer);
  }

  /** A batch of the peer is computed from now on. */
  began(peer: Asker): void {
    this.#computing = peer;
    this.#startedAt = this.#now();
    this.#show();
  }

  /** It is over; to be called before it is answered, so that whoever is answered sees whose turn it is. */
  ended(): void {
    const ms = this.#now() - this.#startedAt;
    this.#batchMs = this.#batchMs === Infinity ? ms : this.#batchMs + WEIGHT * (ms - this.#batchMs);
    this.#computing = undefined;
    this.#give();
  }

  #give(): void {
    const most = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(AT_ONCE_MS / this.#batchMs)));
    while (this.#wanting.length > 0 && this.#given.length < most) {
      const peer = this.#wanting[0] as Asker;
      this.#wanting = without(this.#wanting, peer);
      this.#given[this.#given.length] = peer;
      peer.send({ kind: 'turn' });
    }
    if (this.#given.length > 0 && !this.#isTimed) {
      this.#isTimed = true;
      startTimer(() => this.#takeBack(), UNUSED_MS);
    }
    this.#show();
  }

  /** A batch that comes without a turn is run all the same. */
  #takeBack(): void {
    this.#isTimed = false;
    this.#given = [];
    if (this.#computing === undefined) this.#give();
  }

  #show(): void {
    if (this.#computing !== undefined) this.#board.write(this.#computing.id);
    else this.#board.write(this.#given.length > 0 || this.#hasNext() ? WORKER_RESERVED : WORKER_IDLE);
  }
}

/** By hand, because a handler may replace the methods of arrays. */
function indexOf(peers: readonly Asker[], peer: Asker): number {
  for (let index = 0; index < peers.length; index += 1) if (peers[index] === peer) return index;
  return -1;
}

function without(peers: readonly Asker[], peer: Asker): Asker[] {
  const left: Asker[] = [];
  for (let index = 0; index < peers.length; index += 1) {
    if (peers[index] !== peer) left[left.length] = peers[index] as Asker;
  }
  return left;
}
