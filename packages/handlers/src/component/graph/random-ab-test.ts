/** `RANDOM_ABTEST`: the first of two children with the probability `ratioA`, else the second (`RandomABTestUnit.java` of seldon-core's engine). */
import type { SeldonComponent } from '../component.ts';
import type { ComponentParameters } from '../component-parameters.ts';
import { EVEN } from './ab-test-problem.ts';
import { JavaRandom } from './java-random.ts';

/** That of the engine. */
const SEED = 1337;

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
}
