/** `ThompsonSampling` of Seldon: each child as often as it may be the best one (`ThompsonSampling.py`). */
import { betaSample } from '../../experiment/bandits/samples.ts';
import type { SeldonComponent } from '../component.ts';
import { Bandit } from './bandit.ts';
import type { UnitSurroundings } from './built-in-units.ts';
import type { SeldonUnit } from './seldon-unit.ts';

/** A child's value is a sample of Beta(1 + right, 1 + wrong predictions). */
export function createThompsonSampling(unit: SeldonUnit, surroundings: UnitSurroundings): SeldonComponent {
  return new Bandit(
    {
      choose({ success, tries }, random) {
        const values = tries.map((tried, branch) => {
          const right = success[branch] ?? 0;
          return betaSample(1 + right, 1 + tried - right, random);
        });
        return values.indexOf(Math.max(...values));
      },
    },
    unit,
    surroundings,
  );
}
