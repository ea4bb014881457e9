/**
 * Whether large rows are quicker together or one by one, as the model's own runs have shown. To merge rows is to copy them, which
 * takes as long as a quick model takes for rows of 600 KB; one whose weights do not fit into the caches gains far more.
 */
import type { ModelRow } from './row-form.ts';

/** Smaller rows are copied in no time beside what a run costs by itself. */
const LARGE_ROW_BYTES = 64 * 1024;
/** So many runs of each kind are looked at: the first are slow, and what else the machine does slows some. */
const LEAST_RUNS = 8;

/** What was seen of one kind of run. */
interface Seen {
  readonly runs: number;
  /** Of the fastest. */
  readonly msPerByte: number;
}

const NOTHING_SEEN: Seen = { runs: 0, msPerByte: Infinity };

/** What the runs of one loaded model took. */
export class MergeCosts {
  #merged = NOTHING_SEEN;
  #alone = NOTHING_SEEN;

  /** Whether rows that may be merged should be. */
  areMerged(rows: readonly ModelRow[]): boolean {
    if (!areLarge(rows)) return true;
    if (this.#merged.runs < LEAST_RUNS) return true;
    return this.#alone.runs >= LEAST_RUNS && this.#merged.msPerByte <= this.#alone.msPerByte;
  }

  /** They were one run, the copying included. */
  tookMerged(rows: readonly ModelRow[], ms: number): void {
    if (areLarge(rows)) this.#merged = withRuns(this.#merged, 1, ms / bytesOf(rows));
  }

  /** Each of them was a run. */
  tookAlone(rows: readonly ModelRow[], ms: number): void {
    if (areLarge(rows)) this.#alone = withRuns(this.#alone, rows.length, ms / bytesOf(rows));
  }
}

function withRuns(seen: Seen, runs: number, msPerByte: number): Seen {
  return { runs: seen.runs + runs, msPerByte: Math.min(seen.msPerByte, msPerByte) };
}

/** Rows of one batch are about alike. */
function areLarge(rows: readonly ModelRow[]): boolean {
  return bytesOf(rows.slice(0, 1)) >= LARGE_ROW_BYTES;
}

/** Of their inputs. */
function bytesOf(rows: readonly ModelRow[]): number {
  let bytes = 0;
  for (const { inputs } of rows) {
    for (const { data } of Object.values(inputs)) if (!Array.isArray(data)) bytes += data.byteLength;
  }
  return bytes;
}
