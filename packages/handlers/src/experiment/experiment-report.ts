/** The state of an experiment, for people. */
import type { ArmCounts, ExperimentState } from './experiment-store.ts';
import { intervalOf, probabilitiesOfBest, regretOf } from './statistics.ts';

/** What an experiment is, beside its state. */
export interface ExperimentFacts {
  /** Of the step. */
  readonly name: string;
  /** How what chooses is called. */
  readonly policy: string;
  /** Of the policy. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** In their order. */
  readonly arms: readonly string[];
  /** In which rewards are; undefined for any. */
  readonly rewardRange?: readonly [number, number] | undefined;
  /** What is wrong with where it is kept. */
  readonly problem?: string | undefined;
}

/** As JSON. */
export function experimentReport(facts: ExperimentFacts, { arms: known, control, since }: ExperimentState): object {
  const arms = facts.arms.map((arm) => known.find((each) => each.arm === arm) ?? noCounts(arm));
  const best = probabilitiesOfBest(arms, facts.rewardRange);
  const former = known.filter(({ arm }) => !facts.arms.includes(arm)).map(({ arm }) => arm);
  return {
    name: facts.name,
    policy: facts.policy,
    parameters: facts.parameters,
    since: since === undefined ? null : new Date(since).toISOString(),
    frozen: control.frozen !== undefined,
    weights: control.weights ?? null,
    arms: arms.map((arm, index) => ({ ...armReport(arm), probability_best: best?.[index] ?? null })),
    ...(former.length > 0 && { former_arms: former }),
    regret: regretOf(arms),
    ...(facts.problem !== undefined && { problem: facts.problem }),
  };
}

/** Of an arm of which nothing is known. */
export function noCounts(arm: string): ArmCounts {
  return { arm, requests: 0, rewards: 0, sum: 0, squares: 0, binary: 0 };
}

function armReport(arm: ArmCounts): object {
  const { requests, rewards, sum } = arm;
  const interval = intervalOf(arm);
  return {
    name: arm.arm,
    requests,
    rewards,
    reward_sum: sum,
    reward_mean: rewards === 0 ? null : sum / rewards,
    interval: interval === undefined ? null : [interval.low, interval.high],
    interval_method: interval?.method ?? null,
  };
}
