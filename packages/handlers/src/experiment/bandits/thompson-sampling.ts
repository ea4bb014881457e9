/** Each arm as often as it may be the best one: of what each may be worth a sample is drawn, and the greatest is chosen. */
import type { ArmCounts } from '../experiment-store.ts';
import { betaSample, gammaSample, normalSample, type Uniform } from './samples.ts';
import { greatest, type Bandit } from './bandit.ts';

/** What is believed of an arm before its first reward: Beta(alpha, beta). */
export interface BetaPrior {
  /** Above 0; as so many rewards of 1. */
  readonly alpha: number;
  /** Above 0; as so many rewards of 0. */
  readonly beta: number;
}

/** What is believed of an arm before its first reward: a normal distribution whose variance is not known either. */
export interface NormalPrior {
  /** Of the mean reward. */
  readonly mean: number;
  /** Of rewards; above 0. */
  readonly variance: number;
  /** Above 0; as so many rewards this counts. */
  readonly count: number;
}

/**
 * Chapelle, Li: An Empirical Evaluation of Thompson Sampling, 2011; Agrawal, Goyal: Analysis of Thompson Sampling for the
 * Multi-armed Bandit Problem, 2012. Rewards are from 0 to 1; one between counts as a part of a success.
 */
export function betaThompsonSampling(prior: BetaPrior): Bandit {
  return (arms, random) =>
    greatest(
      arms.map((arm) => betaWorth(arm, prior, random)),
      random,
    );
}

/** What an arm may be worth. */
export function betaWorth({ rewards, sum }: ArmCounts, { alpha, beta }: BetaPrior, random: Uniform): number {
  return betaSample(alpha + sum, beta + Math.max(rewards - sum, 0), random);
}

/** The same for rewards of any size, by their mean and variance (normal–inverse-gamma). */
export function gaussianThompsonSampling(prior: NormalPrior): Bandit {
  return (arms, random) =>
    greatest(
      arms.map((arm) => normalWorth(arm, prior, random)),
      random,
    );
}

/** What an arm may be worth. */
export function normalWorth({ rewards, sum, squares }: ArmCounts, prior: NormalPrior, random: Uniform): number {
  const count = prior.count + rewards;
  const mean = (prior.count * prior.mean + sum) / count;
  const own = rewards === 0 ? 0 : sum / rewards;
  const spread = Math.max(squares - rewards * own * own, 0);
  const shift = (prior.count * rewards * (own - prior.mean) ** 2) / count;
  const scale = prior.variance + (spread + shift) / 2;
  const variance = scale / gammaSample(1 + rewards / 2, random);
  return mean + Math.sqrt(variance / count) * normalSample(random);
}
