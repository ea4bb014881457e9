/** The game whose Shapley values explain a prediction: what a model gives when some features are known, and the others not. */
import type { Cell, WeightedSamples } from '../background/weighted-samples.ts';
import type { ExplainRun } from '../run.ts';
import type { Table } from '../table/table.ts';

/** For each player, whether it is in. */
export type Coalition = readonly boolean[];

/** Players are the features that make a difference. */
export interface Game {
  /** How many there are. */
  readonly players: number;
  /** What all of them are worth; one number for each output. */
  readonly everything: readonly number[];
  /** What none of them is worth. */
  readonly nothing: readonly number[];
  /** What coalitions are worth, [coalition][output]. @throws Error where nobody waits for it any more */
  worth(coalitions: readonly Coalition[]): Promise<readonly (readonly number[])[]>;
}

/** A game of features. */
export interface FeatureGame extends Game {
  /** Of each player its feature, by its place in the sample. */
  readonly features: readonly number[];
  /** Names of the outputs. */
  readonly outputNames: readonly string[];
}

/** A model, and what its features are like when they are not known. */
export interface GameParts {
  /** Gives the scores. */
  readonly table: Pick<Table, 'predict'>;
  /** The cells of features that are not known. */
  readonly background: WeightedSamples;
  /** What the model gives for the background on average; one number for each output. */
  readonly baseValues: readonly number[];
  /** How many coalitions there will be, for the progress. */
  readonly coalitions: number;
}

/** Samples that go to the model at once. */
const MOST_SAMPLES = 512;

/** Features of which all of the background has the sample's value are out of it. */
export async function featureGame(sample: readonly Cell[], parts: GameParts, run: ExplainRun): Promise<FeatureGame> {
  const { table, background, baseValues, coalitions: expected } = parts;
  const { samples, weights } = background;
  const features = sample.flatMap((cell, feature) =>
    samples.some((other) => !Object.is(other[feature], cell)) ? [feature] : [],
  );
  const { names, values } = await table.predict([sample], run.context);
  const atOnce = Math.max(1, Math.floor(MOST_SAMPLES / samples.length));
  let done = 0;
  const mix = (coalition: Coalition, other: readonly Cell[]): readonly Cell[] => {
    const mixed = [...sample];
    features.forEach((feature, player) => {
      if (coalition[player] !== true) mixed[feature] = other[feature] as Cell;
    });
    return mixed;
  };
  return {
    features,
    outputNames: names,
    players: features.length,
    everything: values[0] ?? [],
    nothing: baseValues,
    async worth(coalitions) {
      const worths: number[][] = [];
      for (let first = 0; first < coalitions.length; first += atOnce) {
        const some = coalitions.slice(first, first + atOnce);
        const mixed = some.flatMap((coalition) => samples.map((other) => mix(coalition, other)));
        const scores = await predictInParts(table, mixed, run);
        some.forEach((_, index) =>
          worths.push(meanScores(scores.slice(index * samples.length, (index + 1) * samples.length), weights)),
        );
        done += some.length;
        await run.pause(done / expected);
      }
      return worths;
    },
  };
}

/** A large background does not fit at once. */
async function predictInParts(table: GameParts['table'], samples: readonly (readonly Cell[])[], run: ExplainRun) {
  const scores: (readonly number[])[] = [];
  for (let first = 0; first < samples.length; first += MOST_SAMPLES) {
    const { values } = await table.predict(samples.slice(first, first + MOST_SAMPLES), run.context);
    scores.push(...values);
    if (first > 0) await run.pause();
  }
  return scores;
}

/** @param weights they add up to 1 */
export function meanScores(scores: readonly (readonly number[])[], weights: readonly number[]): number[] {
  return (scores[0] ?? []).map((_, output) =>
    scores.reduce((sum, values, index) => sum + (weights[index] ?? 0) * (values[output] ?? NaN), 0),
  );
}
