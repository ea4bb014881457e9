/** How the values of a classifier's output are read: decided once, from the graph or the config, never from a row. */
import type { ScoreKind } from '../onnx/scores/score-kind.ts';
import { boolean, oneOf, type ConfigReaders } from '../model-config.ts';
import { sigmoid, softmax } from './scores.ts';

/** Keys that all classifiers have in the model's YAML file. */
export interface ScoreOptions {
  /**
   * What the model gives: `probabilities`, `logits` (of which softmax or sigmoid makes some), `margins` (answered as `scores`),
   * or `none` (only the label is answered). By default what the model's graph shows.
   */
  readonly scores?: 'probabilities' | 'logits' | 'margins' | 'none';
  /** Whether several classes can hold at once. By default what the model's graph shows. */
  readonly multilabel?: boolean;
  /** The former key: true for `scores: logits`, false for `scores: probabilities`; `auto` says nothing. */
  readonly softmax?: 'auto' | boolean;
}

/** How the keys `scores`, `multilabel` and `softmax` are read. */
export const scoreOptionReaders: ConfigReaders<ScoreOptions> = {
  scores: oneOf('probabilities', 'logits', 'margins', 'none'),
  multilabel: boolean,
  softmax: oneOf<'auto' | boolean>('auto', true, false),
};

/** `scores`: they are answered under this name, as they are. */
export type Reading = 'as they are' | 'softmax' | 'sigmoid' | 'exp' | 'scores' | 'none';

/** How a classifier reads its scores, for `describe`. */
export interface ScoresDescribed {
  /** What is done to the values. */
  readonly read: Reading;
  /** `model config`, or the operator of the graph that makes the output, such as `Softmax`; the layer behind logits. */
  readonly because: string;
}

/** What is known of the output. */
export interface ReadOutput {
  /** What its values are, by the graph. */
  readonly kind: ScoreKind;
  /** Whether a sample may be of several classes. */
  readonly isMultilabel: boolean;
  /** One value a sample stands for two classes. */
  readonly isSingle: boolean;
}

/** What is done to the values of the output; what the config says comes first. */
export function readingOf(options: ScoreOptions, { kind, isMultilabel, isSingle }: ReadOutput): Reading {
  const declared = declaredScores(options);
  if (declared === 'logits') return isMultilabel || isSingle ? 'sigmoid' : 'softmax';
  if (declared === 'probabilities') return 'as they are';
  if (declared === 'none') return 'none';
  if (declared === 'margins' || kind === 'scores') return 'scores';
  return kind === 'log probabilities' ? 'exp' : 'as they are';
}

/** What the config says of the scores; undefined when it leaves that to the graph. */
export function declaredScores({ scores, softmax: former = 'auto' }: ScoreOptions): ScoreOptions['scores'] {
  if (scores !== undefined || former === 'auto') return scores;
  return former ? 'logits' : 'probabilities';
}

/** The values of one sample as they are answered. */
export function readScores(values: readonly number[], reading: Reading): readonly number[] {
  if (reading === 'softmax') return softmax(values);
  if (reading === 'sigmoid') return values.map(sigmoid);
  return reading === 'exp' ? values.map(Math.exp) : values;
}
