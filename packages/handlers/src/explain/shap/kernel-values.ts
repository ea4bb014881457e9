/**
 * Kernel SHAP (Lundberg and Lee, A Unified Approach to Interpreting Model Predictions), as the Python package shap samples it:
 * the sizes of coalitions that weigh most are enumerated, the others drawn in pairs; no features are left out.
 */
import type { SeededRandom } from '../random.ts';
import type { Checkpoint } from '../run.ts';
import type { Coalition, Game } from './game.ts';
import { leastSquares } from './least-squares.ts';

/** How exact it is. */
export interface KernelOptions {
  /** Most coalitions; two to the number of players are all of them. */
  readonly samples: number;
  /** Draws those that are not enumerated. */
  readonly random: SeededRandom;
  /** Awaited now and then. */
  readonly checkpoint: Checkpoint;
}

/** [output][player]; those of an output add up to what all players are worth more than none. */
export async function kernelValues(game: Game, options: KernelOptions): Promise<number[][]> {
  const { players, everything, nothing } = game;
  const gains = everything.map((value, output) => value - (nothing[output] ?? 0));
  if (players === 0) return gains.map(() => []);
  if (players === 1) return gains.map((gain) => [gain]);
  const { coalitions, weights } = await chooseCoalitions(players, options);
  const worths = await game.worth(coalitions);
  // The last player gets what the others leave, so that the sum holds.
  const rows = coalitions.map((coalition) => {
    const last = Number(coalition[players - 1]);
    return coalition.slice(0, -1).map((isIn) => Number(isIn) - last);
  });
  const targets = worths.map((worth, index) => {
    const last = Number(coalitions[index]?.[players - 1]);
    return worth.map((value, output) => value - (nothing[output] ?? 0) - last * (gains[output] ?? 0));
  });
  const found = await leastSquares({ rows, targets, weights }, options.checkpoint);
  return found.map((values, output) => [...values, values.reduce((left, value) => left - value, gains[output] ?? 0)]);
}

interface Chosen {
  readonly coalitions: readonly Coalition[];
  readonly weights: readonly number[];
}

/** A size and its complement have the same weight, and go together; the middle size of an even number has none. */
async function chooseCoalitions(players: number, { samples, random, checkpoint }: KernelOptions): Promise<Chosen> {
  const sizes = Math.ceil((players - 1) / 2);
  const pairs = Math.floor((players - 1) / 2);
  const raw = Array.from({ length: sizes }, (_, index) => {
    const size = index + 1;
    return ((players - 1) / (size * (players - size))) * (size <= pairs ? 2 : 1);
  });
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const weightsOfSizes = raw.map((weight) => weight / total);
  const coalitions: Coalition[] = [];
  const weights: number[] = [];
  let left = samples;
  let share = 1;
  let size = 1;
  for (; size <= sizes; size += 1) {
    const weight = weightsOfSizes[size - 1] ?? 0;
    const isPaired = size <= pairs;
    const count = binomial(players, size) * (isPaired ? 2 : 1);
    if ((left * weight) / share < count * (1 - 1e-8)) break;
    left -= count;
    share -= weight;
    for (const coalition of coalitionsOf(players, size)) {
      coalitions.push(coalition);
      if (isPaired) coalitions.push(complement(coalition));
    }
    while (weights.length < coalitions.length) weights.push(weight / count);
  }
  const rest = { players, pairs, left, weightsOfSizes, first: size, random, checkpoint };
  if (size <= sizes) await drawRest({ coalitions, weights }, rest);
  return { coalitions, weights };
}

interface Rest {
  readonly players: number;
  readonly pairs: number;
  readonly left: number;
  readonly weightsOfSizes: readonly number[];
  /** The first size that is not enumerated. */
  readonly first: number;
  readonly random: SeededRandom;
  readonly checkpoint: Checkpoint;
}

/** What is drawn twice counts twice; all of the drawn ones together have the weight of their sizes. */
async function drawRest(chosen: { coalitions: Coalition[]; weights: number[] }, rest: Rest): Promise<void> {
  const { players, pairs, left, weightsOfSizes, first, random, checkpoint } = rest;
  const { coalitions, weights } = chosen;
  const enumerated = coalitions.length;
  const sizeWeights = weightsOfSizes.map((weight, index) =>
    index + 1 < first ? 0 : index < pairs ? weight / 2 : weight,
  );
  const places = new Map<string, number>();
  const add = (coalition: Coalition): void => {
    const key = coalition.map(Number).join('');
    const place = places.get(key);
    if (place === undefined) {
      places.set(key, coalitions.length);
      coalitions.push(coalition);
      weights.push(1);
    } else weights[place] = (weights[place] ?? 0) + 1;
  };
  // Where nearly all were drawn, new ones are rare.
  for (let draws = 0; places.size < left && draws < 4 * left; draws += 1) {
    await checkpoint();
    const size = random.weighted(sizeWeights) + 1;
    const chosenPlayers = new Set(random.permutation(players).slice(0, size));
    const coalition = Array.from({ length: players }, (_, player) => chosenPlayers.has(player));
    add(coalition);
    if (size <= pairs) add(complement(coalition));
  }
  const sum = weights.slice(enumerated).reduce((all, weight) => all + weight, 0);
  const share = weightsOfSizes.slice(first - 1).reduce((all, weight) => all + weight, 0);
  for (let index = enumerated; index < weights.length; index += 1)
    weights[index] = ((weights[index] ?? 0) * share) / sum;
}

function complement(coalition: Coalition): Coalition {
  return coalition.map((isIn) => !isIn);
}

function binomial(total: number, chosen: number): number {
  let result = 1;
  for (let index = 1; index <= chosen; index += 1) result = (result * (total - chosen + index)) / index;
  return result;
}

/** All of a size, in the order of their first players. */
function* coalitionsOf(players: number, size: number): Generator<Coalition> {
  const chosen = Array.from({ length: size }, (_, index) => index);
  while (true) {
    const members = new Set(chosen);
    yield Array.from({ length: players }, (_, player) => members.has(player));
    const moved = chosen.findLastIndex((player, index) => player < players - size + index);
    if (moved < 0) return;
    const from = chosen[moved] ?? 0;
    for (let index = moved; index < size; index += 1) chosen[index] = from + 1 + index - moved;
  }
}
