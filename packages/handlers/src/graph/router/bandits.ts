/** Policies that learn which arm is best, from the rewards that clients send. */
import { randomInt } from 'node:crypto';
import type { Bandit } from '../../experiment/bandits/bandit.ts';
import { scaled } from '../../experiment/bandits/bandit.ts';
import { epsilonGreedy } from '../../experiment/bandits/epsilon-greedy.ts';
import { betaThompsonSampling, gaussianThompsonSampling } from '../../experiment/bandits/thompson-sampling.ts';
import { ucb1 } from '../../experiment/bandits/ucb1.ts';
import type { ArmCounts } from '../../experiment/experiment-store.ts';
import { SeededRandom } from '../../explain/random.ts';
import { configError, integer, number, objectOf, oneOf, type ConfigReaders } from '../../model-config.ts';
import { numberWithin } from './option-reader.ts';
import type { PolicyKind, RewardRange } from './router-policy.ts';

/** What a bandit is made of. */
interface Learning {
  readonly bandit: Bandit;
  /** As the state of the experiment shows them, defaults as well. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** In which rewards must be; undefined for any. */
  readonly rewardRange?: RewardRange | undefined;
  /** Whether the bandit wants them from 0 to 1. */
  readonly isScaled?: boolean;
}

interface CommonOptions {
  readonly reward_range: RewardRange;
  readonly seed: number;
}

/** Mostly the best arm so far, and any other now and then. */
export const EPSILON_GREEDY = learning<{
  readonly epsilon: number;
  readonly decay: Partial<{ readonly c: number; readonly d: number }>;
  readonly initial: number;
}>(
  { epsilon: numberWithin(0, 1), decay: objectOf({ c: positive, d: positive }), initial: number },
  ({ decay, epsilon = decay === undefined ? 0.1 : 1, initial = 0, reward_range: rewardRange }) => {
    const parameters = { epsilon, initial, ...(decay && { decay: { c: 5, d: 0.1, ...decay } }) };
    return { bandit: epsilonGreedy(parameters), parameters, rewardRange };
  },
);

/** The arm that may be best, by an upper bound of its mean reward. */
export const UCB1 = learning<{ readonly exploration: number }>(
  { exploration: numberWithin(0) },
  ({ exploration = 2, reward_range: rewardRange = [0, 1] }) => ({
    bandit: ucb1(exploration),
    parameters: { exploration },
    rewardRange,
    isScaled: true,
  }),
);

interface Prior {
  readonly alpha: number;
  readonly beta: number;
  readonly mean: number;
  readonly variance: number;
  readonly count: number;
}

/** Each arm as often as it may be the best one. */
export const THOMPSON_SAMPLING = learning<{
  readonly distribution: 'beta' | 'gaussian';
  readonly prior: Partial<Prior>;
}>(
  {
    distribution: oneOf('beta', 'gaussian'),
    prior: objectOf({ alpha: positive, beta: positive, mean: number, variance: positive, count: positive }),
  },
  ({ distribution = 'beta', prior: given = {}, reward_range: rewardRange }, key) => {
    const defaults = distribution === 'beta' ? { alpha: 1, beta: 1 } : { mean: 0, variance: 1, count: 1 };
    const odd = Object.keys(given).find((name) => !Object.hasOwn(defaults, name));
    const known = Object.keys(defaults).join(', ');
    if (odd !== undefined)
      throw new Error(
        `Model config: unknown key ${key}.prior.${odd}; with the distribution ${distribution} known are ${known}`,
      );
    const prior = { ...defaults, ...given } as Prior;
    const parameters = { distribution, prior };
    if (distribution === 'gaussian') return { bandit: gaussianThompsonSampling(prior), parameters, rewardRange };
    return { bandit: betaThompsonSampling(prior), parameters, rewardRange: rewardRange ?? [0, 1], isScaled: true };
  },
);

type Create<T> = (options: Partial<T & CommonOptions>, key: string) => Learning;

function learning<T extends object>(readers: ConfigReaders<T>, create: Create<T>): PolicyKind {
  const all = { ...readers, reward_range: range, seed: integer(0) } as unknown as ConfigReaders<T & CommonOptions>;
  const keys = Object.keys(all);
  return {
    keys,
    read(fields, { key, name, arms }) {
      const own = Object.fromEntries(keys.flatMap((each) => (each in fields ? [[each, fields[each]]] : [])));
      const options = objectOf(all)(own, key);
      const { bandit, parameters, rewardRange, isScaled = false } = create(options, key);
      const { seed } = options as Partial<CommonOptions>;
      return {
        neededArms: [],
        rewardRange,
        parameters: {
          ...parameters,
          ...(rewardRange && { reward_range: rewardRange }),
          ...(seed !== undefined && { seed }),
        },
        async open(context) {
          // The server reads graphs as well, and keeps nothing.
          const { experimentStoreOf } = await import('../../experiment/experiment-store-of.ts');
          const random = new SeededRandom(seed ?? randomInt(2 ** 32));
          const store = experimentStoreOf(context);
          return {
            async choose(_, call) {
              const known = call.control?.frozen ?? (await store.readArms(name));
              const counts = countsOf(arms, known);
              const place = bandit(
                isScaled && rewardRange ? counts.map((each) => scaled(each, rewardRange)) : counts,
                random,
              );
              return { arm: arms[place] ?? '' };
            },
          };
        },
      };
    },
  };
}

/** Of the router's arms, in their order; what is known of former ones does not matter. */
function countsOf(arms: readonly string[], known: readonly ArmCounts[]): ArmCounts[] {
  const none = { requests: 0, rewards: 0, sum: 0, squares: 0, binary: 0 };
  return arms.map((arm) => known.find((each) => each.arm === arm) ?? { arm, ...none });
}

function positive(value: unknown, key: string): number {
  const read = number(value, key);
  if (read > 0) return read;
  throw configError(key, 'a number above 0', value);
}

function range(value: unknown, key: string): RewardRange {
  const [least, most]: unknown[] = Array.isArray(value) && value.length === 2 ? value : [];
  if (typeof least === 'number' && typeof most === 'number' && least < most && Number.isFinite(most - least))
    return [least, most];
  throw configError(key, 'a list of the least reward and the greatest', value);
}
