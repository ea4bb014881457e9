/** `EpsilonGreedy` of Seldon: the best child so far, and now and then another (`EpsilonGreedy.py`). */
import type { SeededRandom } from '../../explain/random.ts';
import type { SeldonComponent } from '../component.ts';
import { Bandit, type BanditState } from './bandit.ts';
import type { EpsilonGreedyParameters } from './bandit-parameters.ts';
import type { UnitSurroundings } from './built-in-units.ts';
import type { SeldonUnit } from './seldon-unit.ts';

/** A child's value is its share of right predictions; which of equal ones is best, chance says at each feedback. */
export function createEpsilonGreedy(unit: SeldonUnit, surroundings: UnitSurroundings): SeldonComponent {
  const count = unit.children.length;
  const { epsilon = 0.1, best_branch: first } = unit.parameters as EpsilonGreedyParameters;
  let start = first;
  return new Bandit(
    {
      choose({ best }, random) {
        start ??= random.below(count);
        const likely = best ?? start;
        if (count === 1 || random.next() > epsilon) return likely;
        const other = random.below(count - 1);
        return other < likely ? other : other + 1;
      },
      learnt: (state, random) => ({ ...state, best: bestOf(state, random) }),
    },
    unit,
    surroundings,
  );
}

function bestOf({ success, tries }: BanditState, random: SeededRandom): number {
  const values = tries.map((tried, branch) => (tried === 0 ? 0 : (success[branch] ?? 0) / tried));
  const most = Math.max(...values);
  const best = values.flatMap((value, branch) => (value === most ? [branch] : []));
  return best[random.below(best.length)] ?? 0;
}
