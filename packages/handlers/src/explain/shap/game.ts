/** The game whose Shapley values explain a prediction: what a model gives when some features are known, and the others not. */
import type { Cell } from '../background/weighted-samples.ts';
import type { ExplainRun } from '../run.ts';
import { meanScores, type ScoreParts } from './mean-scores.ts';

/** For each player, whether it is in. */
export type Coalition = readonly boolean[];

/** Made when they are needed: of many players there may be more than fit. An array is one. */
export interface Coalitions {
  /** How many there are. */
  readonly length: number;
  /** One of them. */
  at(index: number): Coalition | undefined;
}

/** Players are the features that make a difference. */
export interface Game {
  /** How many there are. */
  readonly players: number;
  /** What all of them are worth; one number for each output. */
  readonly everything: readonly number[];
  /** What none of them is worth. */
  readonly nothing: readonly number[];
  /** What coalitions are worth, [coalition][output]. @throws Error where nobody waits for it any more */
  worth(coalitions: Coalitions): Promise<readonly (readonly number[])[]>;
}

/** A game of features. */
export interface FeatureGame extends Game {
  /** Of each player its feature, by its place in the sample. */
  readonly features: readonly number[];
  /** Names of the outputs. */
  readonly outputNames: readonly string[];
}

/** A model, and what its features are like when they are not known. */
export interface GameParts extends ScoreParts {
  /** What the model gives for the background on average; one number for each output. */
  readonly baseValues: readonly number[];
  /** How many coalitions there will be, for the progress. */
  readonly coalitions: number;
}

/** Features of which all of the background has the sample's value are out of it. */
export async function featureGame(sample: readonly Cell[], parts: GameParts, run: ExplainRun): Promise<FeatureGame> {
  const { table, background, baseValues, coalitions: expected } = parts;
  const { samples } = background;
  const features = sample.flatMap((cell, feature) =>
    samples.some((other) => !Object.is(other[feature], cell)) ? [feature] : [],
  );
  const { names, values } = await table.predict([sample], run.context);
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
      let latest: { readonly index: number; readonly coalition: Coalition } | undefined;
      const mixed = (index: number, other: readonly Cell[]) => {
        // It is mixed with each of the background in turn.
        if (latest?.index !== index) latest = { index, coalition: coalitions.at(index) ?? [] };
        return mix(latest.coalition, other);
      };
      const onDone = (share: number) => run.pause((done + share * coalitions.length) / expected);
      const worths = await meanScores(parts, { groups: coalitions.length, mixed, onDone }, run.context);
      done += coalitions.length;
      return worths;
    },
  };
}
