/** Samples of which an anchor holds, and that are like the training data otherwise. */
import type { Cell } from '../background/weighted-samples.ts';
import type { SeededRandom } from '../random.ts';
import { holds, type Predicate } from './predicate.ts';

/** The training data. */
export interface AnchorSource {
  /** One at least. */
  readonly samples: readonly (readonly Cell[])[];
  /** What is explained: its values are taken where no sample has such. */
  readonly explained: readonly Cell[];
  /** Chooses. */
  readonly random: SeededRandom;
}

/**
 * Samples of the training data, whose features that the anchor is about come together from another one of which it holds; where there
 * is none, each from one of which its own conditions hold.
 */
export function drawSamples(anchor: readonly Predicate[], count: number, source: AnchorSource): (readonly Cell[])[] {
  const { samples, explained, random } = source;
  const features = [...new Set(anchor.map(({ feature }) => feature))];
  const covered = samples.filter((sample) => anchor.every((predicate) => holds(predicate, sample)));
  const ofFeature = features.map((feature) =>
    samples.filter((sample) => anchor.every((predicate) => predicate.feature !== feature || holds(predicate, sample))),
  );
  const pick = (from: readonly (readonly Cell[])[]): readonly Cell[] => from[random.below(from.length)] ?? explained;
  return Array.from({ length: count }, () => {
    const drawn = [...pick(samples)];
    const joint = covered.length > 0 ? pick(covered) : undefined;
    features.forEach((feature, index) => (drawn[feature] = (joint ?? pick(ofFeature[index] ?? []))[feature] as Cell));
    return drawn;
  });
}
