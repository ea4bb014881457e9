/** Whether rows are merged now: what the graph or the configuration says, or how far trials have come. */
import type { RowMerging } from '../context/row-merging.ts';
import type { MergePlan } from './merge-plan.ts';

/** Trials that must agree before rows are merged. */
const TRIALS = 5;
/** Of rows that trials allowed to merge, one of so many batches is checked again; the first, the second, the fourth … too. */
const CHECK_EVERY = 32;

/** Whether the rows of one model are merged; trials move it, and whoever runs the handler is told. */
export class MergingState {
  #now: MergePlan['start'] | 'tried';
  #reason: string;
  #agreed = 0;
  #merged = 0;
  #checks = 0;
  readonly #onChange: (merging: RowMerging) => void;

  /** @param onChange called at once, and after each change */
  constructor({ start, reason }: MergePlan, onChange: (merging: RowMerging) => void) {
    this.#now = start;
    this.#reason = reason;
    this.#onChange = onChange;
    onChange(this.told);
  }

  /** For people. */
  get told(): RowMerging {
    switch (this.#now) {
      case 'apart':
        return { apart: this.#reason };
      case 'untried':
        return { apart: `${this.#reason} is unknown; it takes ${TRIALS} trials that agree` };
      case 'proven':
      case 'tried':
      case 'asked':
        return { merged: this.#now };
    }
  }

  /** Whether rows of several requests go through together now. */
  get isMerged(): boolean {
    return this.#now !== 'apart' && this.#now !== 'untried';
  }

  /** Whether trials may still show that they can. */
  get isOnTrial(): boolean {
    return this.#now === 'untried';
  }

  /** To be called for each merged batch: which of its rows is to run alone, too; undefined for most batches. */
  nextCheck(rows: number): number | undefined {
    if (this.#now !== 'tried') return undefined;
    this.#merged += 1;
    const isDue = this.#merged % CHECK_EVERY === 0 || Number.isInteger(Math.log2(this.#merged));
    return isDue ? this.#checks++ % rows : undefined;
  }

  /** A trial on informative rows came to the same, together and alone. */
  agree(): void {
    this.#agreed += 1;
    if (this.#agreed < TRIALS) return;
    this.#now = 'tried';
    this.#onChange(this.told);
  }

  /** Once is for good. */
  disagree(reason: string): void {
    this.#now = 'apart';
    this.#reason = reason;
    this.#onChange(this.told);
  }
}
