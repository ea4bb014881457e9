/**
 * The batches that wait for their turn in this process, and the one that runs. The daemon may want those back whose turn has not
 * come: after a batch that took long, what it said meanwhile is read before the next one begins.
 */
import type { GivenBackMessage, RunMessage } from '../../wire/message.ts';

export interface WaitingBatch {
  readonly message: RunMessage;
  readonly payload: Buffer;
}

/** So long the daemon is not listened to. */
const DEAF_MS = 1;

// A handler may replace what is global.
const turn = setImmediate;
const now = performance.now.bind(performance);

export class BatchLine {
  readonly #run: (batch: WaitingBatch) => Promise<void>;
  #waiting: WaitingBatch[] = [];
  #isRunning = false;
  /** All that came before is read. */
  #heardAt = 0;

  /** @param run never rejects */
  constructor(run: (batch: WaitingBatch) => Promise<void>) {
    this.#run = run;
  }

  /** Runs a batch when its turn comes, unless it is given back before. */
  async add(batch: WaitingBatch): Promise<void> {
    this.#waiting.push(batch);
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = await this.#next()) await this.#run(next);
    this.#isRunning = false;
  }

  /** Gives back what waits, from this batch on. */
  giveBack(id: number): GivenBackMessage {
    const given = this.#waiting.filter(({ message }) => message.id >= id);
    this.#waiting = this.#waiting.filter(({ message }) => message.id < id);
    return { kind: 'givenBack', ids: given.map(({ message }) => message.id) };
  }

  async #next(): Promise<WaitingBatch | undefined> {
    while (now() - this.#heardAt > DEAF_MS) await this.#listen();
    return this.#waiting.shift();
  }

  /** Between two of these turns what has come is read. */
  async #listen(): Promise<void> {
    const startedAt = now();
    await new Promise<void>((resolve) => turn(() => turn(() => resolve())));
    this.#heardAt = startedAt;
  }
}
