/**
 * The batches that wait for their turn in this process, and the one that runs. The daemon may want those back whose turn has not
 * come: after a batch that took long, what it said meanwhile is read before the next one begins.
 */
import type { CancelMessage } from '../../wire/daemon-message.ts';
import type { Frame } from '../../wire/frame.ts';
import type { GivenBackMessage } from '../../wire/worker-message.ts';
import type { Peer } from './peer.ts';

/** A batch as it came. */
export interface WaitingBatch {
  /** Whoever gave it, and gets its answers. */
  readonly peer: Peer;
  /** It is not read before its turn. */
  readonly frame: Frame;
  /** Requests that nobody waits for any more, by their place. */
  cancelled?: number[];
}

/** So long what the daemon sends is left unread. */
const MOST_UNREAD_MS = 1;

// A handler may replace what is global.
const turn = setImmediate;
const now = performance.now.bind(performance);

/** Linked by hand, because a handler may replace the methods of arrays. */
interface Link {
  readonly batch: WaitingBatch;
  next: Link | undefined;
}

/** Runs one batch at a time, in the order they came. */
export class BatchLine {
  readonly #run: (batch: WaitingBatch) => Promise<void>;
  #first: Link | undefined;
  #last: Link | undefined;
  #isRunning = false;
  #length = 0;
  /** All that came before is read. */
  #lastReadAt = 0;

  /** @param run never rejects */
  constructor(run: (batch: WaitingBatch) => Promise<void>) {
    this.#run = run;
  }

  /** How many batches wait. */
  get length(): number {
    return this.#length;
  }

  /** Whether one runs. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Runs a batch when its turn comes, unless it is given back before. */
  async add(batch: WaitingBatch): Promise<void> {
    this.#length += 1;
    const link: Link = { batch, next: undefined };
    if (this.#first === undefined || this.#last === undefined) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let next = this.#shift(); next !== undefined; next = await this.#next()) await this.#run(next);
    this.#isRunning = false;
  }

  /** Gives back what waits of one peer, from this batch on. */
  giveBack(peer: Peer, id: number): GivenBackMessage {
    const ids: number[] = [];
    this.#removeThose(({ peer: owner, frame }) => {
      const isMeant = owner === peer && frame.id >= id;
      if (isMeant) ids[ids.length] = frame.id;
      return isMeant;
    });
    return { kind: 'givenBack', ids };
  }

  /** The peer is gone: nobody waits for its batches. */
  drop(peer: Peer): void {
    this.#removeThose((batch) => batch.peer === peer);
  }

  /** Notes for a batch that waits that nobody waits for one of its requests. */
  cancel(peer: Peer, { id, request }: CancelMessage): void {
    for (let link = this.#first; link !== undefined; link = link.next) {
      const { batch } = link;
      if (batch.peer === peer && batch.frame.id === id) (batch.cancelled ??= []).push(request);
    }
  }

  #removeThose(isMeant: (batch: WaitingBatch) => boolean): void {
    let kept: Link | undefined;
    for (let link = this.#first; link !== undefined; link = link.next) {
      if (!isMeant(link.batch)) {
        kept = link;
        continue;
      }
      this.#length -= 1;
      if (kept === undefined) this.#first = link.next;
      else kept.next = link.next;
    }
    this.#last = kept;
  }

  #shift(): WaitingBatch | undefined {
    const batch = this.#first?.batch;
    if (batch !== undefined) this.#length -= 1;
    this.#first = this.#first?.next;
    return batch;
  }

  async #next(): Promise<WaitingBatch | undefined> {
    // Also when none waits: the next to be read may have been taken back by what is behind it.
    while (now() - this.#lastReadAt > MOST_UNREAD_MS) await this.#readAll();
    return this.#shift();
  }

  /** Between two of these turns what has come is read. */
  async #readAll(): Promise<void> {
    const startedAt = now();
    await new Promise<void>((resolve) => turn(() => turn(() => resolve())));
    this.#lastReadAt = startedAt;
  }
}
