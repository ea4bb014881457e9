/** What a model gives on average over a background. */
import type { HandlerContext } from '../../handler.ts';
import { runParts, type Asking } from '../asking.ts';
import type { Cell, WeightedSamples } from '../background/weighted-samples.ts';
import type { TablePredictor } from '../table/table.ts';

/** A model, and how it is asked. */
export interface ScoreParts {
  /** Gives the scores. */
  readonly table: TablePredictor;
  /** The cells of features that are not known. */
  readonly background: WeightedSamples;
  /** How many samples go to the model at once. */
  readonly asking: Asking;
}

/** Groups of samples, in each of which there is one for each sample of the background. */
export interface Groups {
  /** How many there are. */
  readonly groups: number;
  /** The sample of a group that stands beside one of the background. */
  readonly mixed: (group: number, other: readonly Cell[]) => readonly Cell[];
  /** Called after each part with what is done, from 0 to 1. @throws Error where nobody waits for it any more */
  readonly onDone: (share: number) => Promise<void>;
}

/** The weighted mean of each group, [group][output]. */
export async function meanScores(
  { table, background: { samples, weights }, asking: { batchSize, inFlight } }: ScoreParts,
  { groups, mixed, onDone }: Groups,
  context: HandlerContext,
): Promise<number[][]> {
  const total = groups * samples.length;
  const means: number[][] = Array.from({ length: groups }, () => []);
  await runParts({
    count: Math.ceil(total / batchSize),
    inFlight,
    run(part) {
      const first = part * batchSize;
      const some = Array.from({ length: Math.min(batchSize, total - first) }, (_, offset) => {
        const index = first + offset;
        return mixed(Math.floor(index / samples.length), samples[index % samples.length] ?? []);
      });
      return table.predict(some, context);
    },
    async take({ values }, part) {
      values.forEach((scores, offset) => {
        const index = part * batchSize + offset;
        const mean = means[Math.floor(index / samples.length)] ?? [];
        const weight = weights[index % samples.length] ?? 0;
        scores.forEach((score, output) => (mean[output] = (mean[output] ?? 0) + weight * score));
      });
      await onDone(Math.min(1, ((part + 1) * batchSize) / total));
    },
  });
  return means;
}
