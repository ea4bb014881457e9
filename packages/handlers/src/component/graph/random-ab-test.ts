/** `RANDOM_ABTEST`: the first of two children with the probability `ratioA`, else the second (`RandomABTestUnit.java` of seldon-core's engine). */
import type { SeldonComponent } from '../component.ts';
import type { ComponentParameters } from '../component-parameters.ts';
import { JavaRandom } from './java-random.ts';
import type { SeldonUnit } from './seldon-unit.ts';

/** That of the engine. */
const SEED = 1337;

/** As in the executor, where nobody says. */
const EVEN = 0.5;

/** Takes the same children in the same order as the engine does after each start. */
export class RandomAbTest implements SeldonComponent {
  readonly #random = new JavaRandom(SEED);
  readonly #ratioA: number;

  constructor({ ratioA = EVEN }: ComponentParameters) {
    // The engine compares single floats.
    this.#ratioA = Math.fround(Number(ratioA));
  }

  route(): number {
    return this.#random.nextFloat() <= this.#ratioA ? 0 : 1;
  }

  /** What is wrong with a unit of this kind; undefined when nothing is. */
  static problem(
    this: void,
    { children, parameters: { ratioA = EVEN } }: Pick<SeldonUnit, 'children' | 'parameters'>,
  ): string | undefined {
    if (children.length !== 2) return `an A/B test has two children, got ${children.length}`;
    const ratio = Number(ratioA);
    return ratio >= 0 && ratio <= 1 ? undefined : `ratioA: expected a number from 0 to 1, got ${String(ratioA)}`;
  }
}
