/**
 * The batches that wait for their turn in this process, and the one that runs. The daemon may want those back whose turn has not
 * come: after a batch that took long, what it said meanwhile is read before the next one begins.
 */
import type { CancelMessage } from '../../wire/daemon-message.ts';
import type { Frame } from '../../wire/frame.ts';
import type { GivenBackMessage } from '../../wire/worker-message.ts';

/** A batch as it came. */
export interface WaitingBatch {
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
  /** All that came before is read. */
  #lastReadAt = 0;

  /** @param run never rejects */
  constructor(run: (batch: WaitingBatch) => Promise<void>) {
    this.#run = run;
  }

  /** Runs a batch when its turn comes, unless it is given back before. */
  async add(batch: WaitingBatch): Promise<void> {
    const link: Link = { batch, next: undefined };
    if (this.#first === undefined || this.#last === undefined) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let next = this.#shift(); next !== undefined; next = await this.#next()) await this.#run(next);
    this.#isRunning = false;
  }

  /** Gives back what waits, from this batch on. */
  giveBack(id: number): GivenBackMessage {
    const ids: number[] = [];
    let kept: Link | undefined;
    for (let link = this.#first; link !== undefined; link = link.next) {
      if (link.batch.frame.id < id) kept = link;
      else ids[ids.length] = link.batch.frame.id;
    }
    // Their numbers only grow.
    if (kept === undefined) this.#first = undefined;
    else kept.next = undefined;
    this.#last = kept;
    return { kind: 'givenBack', ids };
  }

  /** Notes for a batch that waits that nobody waits for one of its requests. */
  cancel({ id, request }: CancelMessage): void {
    for (let link = this.#first; link !== undefined; link = link.next) {
      if (link.batch.frame.id === id) (link.batch.cancelled ??= []).push(request);
    }
  }

  #shift(): WaitingBatch | undefined {
    const batch = this.#first?.batch;
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
