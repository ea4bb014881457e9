/** Permutation SHAP, as the Python package shap has it: features become known one by one in a random order, and unknown again. */
import type { SeededRandom } from '../random.ts';
import type { Coalitions, Game } from './game.ts';

/** How exact it is. */
export interface PermutationOptions {
  /** How many orders there are, each forward and backward. */
  readonly permutations: number;
  /** Draws the orders. */
  readonly random: SeededRandom;
}

/** [output][player]; those of an output add up to what all players are worth more than none. */
export async function permutationValues(game: Game, { permutations, random }: PermutationOptions): Promise<number[][]> {
  const { players, everything, nothing } = game;
  const values = everything.map(() => Array.from({ length: players }, () => 0));
  if (players === 0) return values;
  const add = (player: number, after: readonly number[], before: readonly number[]): void => {
    values.forEach((ofOutput, output) => {
      const gain = (after[output] ?? NaN) - (before[output] ?? NaN);
      ofOutput[player] = (ofOutput[player] ?? 0) + gain / (2 * permutations);
    });
  };
  for (let round = 0; round < permutations; round += 1) {
    const order = random.permutation(players);
    // The first comes in first on the way there, and goes out first on the way back.
    const worths = await game.worth(prefixes([order, order.toReversed()]));
    const [forward, backward] = [worths.slice(0, players - 1), worths.slice(players - 1)];
    order.forEach((player, place) => {
      add(player, forward[place] ?? everything, forward[place - 1] ?? nothing);
      add(player, backward[players - 1 - place] ?? everything, backward[players - 2 - place] ?? nothing);
    });
  }
  return values;
}

/** Coalitions of the first one, two, … of each order, but not of all. */
function prefixes(orders: readonly (readonly number[])[]): Coalitions {
  const players = orders[0]?.length ?? 0;
  return {
    length: orders.length * (players - 1),
    at(index) {
      const order = orders[Math.floor(index / (players - 1))] ?? [];
      const coalition = order.map(() => false);
      for (const player of order.slice(0, (index % (players - 1)) + 1)) coalition[player] = true;
      return coalition;
    },
  };
}
