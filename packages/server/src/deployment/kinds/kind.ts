/** A kind of object that a file may hold. */
import type { PlannedModel, PlanOptions } from '../plan.ts';
import type { Spec } from '../spec.ts';

/** What of a file becomes which models. */
export interface Kind {
  /** Name of the kind, as in the key `kind`. */
  readonly kind: string;
  /** Of which APIs it is; undefined for any. */
  readonly apis?: readonly string[];
  /** @throws SpecError with the line for what it cannot be */
  readonly plan: (object: Spec, options: PlanOptions) => readonly PlannedModel[];
}
