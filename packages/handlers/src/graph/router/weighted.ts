/** The policy `weighted`: each arm gets its share of the requests, and a user the same arm each time if asked. */
import { randomInt } from 'node:crypto';
import { SeededRandom } from '../../explain/random.ts';
import { configError, integer, isPlainObject } from '../../model-config.ts';
import { optionReader } from './option-reader.ts';
import type { PolicyKind, RouterCall, RouterPlace } from './router-policy.ts';
import { readSticky, stickyArm } from './sticky.ts';
import type { ArmWeight } from './arm-weight.ts';

/** `weights` has a number for each arm; without it all are alike. */
export const weighted: PolicyKind = {
  keys: ['weights', 'sticky', 'seed'],
  read(fields, place) {
    const weights = readWeights(fields['weights'], place);
    const keyOf = readSticky(fields['sticky'], `${place.key}.sticky`);
    const seed = optionReader(fields, place.key)('seed', integer(0));
    const asked = weights.filter(({ weight }) => weight > 0).map(({ arm }) => arm);
    return {
      neededArms: asked.length === 1 ? asked : [],
      weights,
      takesWeights: true,
      open() {
        const random = new SeededRandom(seed ?? randomInt(2 ** 32));
        return {
          choose(value, call) {
            const key = keyOf(value, call);
            const shares = weightsByHand(place.arms, call) ?? weights;
            return { arm: key === undefined ? drawnArm(shares, random) : stickyArm(shares, `${place.name}:${key}`) };
          },
        };
      },
    };
  },
};

function readWeights(value: unknown, { key, arms }: RouterPlace): ArmWeight[] {
  if (value === undefined || value === null) return arms.map((arm) => ({ arm, weight: 1 }));
  const expected = `a number of at least 0 for each of ${arms.join(', ')}, one of them above 0`;
  if (!isPlainObject(value)) throw configError(`${key}.weights`, expected, value);
  const odd = Object.keys(value).find((arm) => !arms.includes(arm));
  if (odd !== undefined) {
    throw new Error(`Model config: ${key}.weights has "${odd}", which is no arm; arms are ${arms.join(', ')}`);
  }
  const weights = arms.map((arm) => ({ arm, weight: value[arm] }));
  const isSum = weights.some(({ weight }) => Number(weight) > 0);
  if (isSum && weights.every(isWeight)) return weights;
  throw configError(`${key}.weights`, expected, value);
}

function isWeight(each: { readonly arm: string; readonly weight: unknown }): each is ArmWeight {
  return typeof each.weight === 'number' && Number.isFinite(each.weight) && each.weight >= 0;
}

/** Undefined where nobody has set any, or none of the arms has one. */
function weightsByHand(arms: readonly string[], { control }: RouterCall): ArmWeight[] | undefined {
  if (control?.weights === undefined) return undefined;
  const weights = arms.map((arm) => ({ arm, weight: control.weights?.[arm] ?? 0 }));
  return weights.some(({ weight }) => weight > 0) ? weights : undefined;
}

function drawnArm(weights: readonly ArmWeight[], random: SeededRandom): string {
  return (weights[random.weighted(weights.map(({ weight }) => weight))] as ArmWeight).arm;
}
