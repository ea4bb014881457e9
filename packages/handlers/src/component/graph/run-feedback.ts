/** What came of a prediction, told to the units that it went through (`predictor_process.go`, Feedback). */
import { isPlainObject } from '../../model-config.ts';
import { PredictionError } from '../../prediction-error.ts';
import { valueText } from '../../tensor/tensor-json.ts';
import type { SeldonFeedback, SeldonMessage } from '../seldon-message.ts';
import { askUnit, type UnitRun } from './ask-unit.ts';
import type { SeldonUnit } from './seldon-unit.ts';

/**
 * Down the way that the answer's `meta.routing` tells, children first, to models and routers.
 * @returns the answer of the first unit that has one, from above; undefined where none takes feedback
 * @throws PredictionError 400 for a route that the graph does not have; as `askUnit` does
 */
export async function runFeedback(
  unit: SeldonUnit,
  feedback: SeldonFeedback,
  run: UnitRun,
): Promise<SeldonMessage | undefined> {
  const answers = await Promise.all(routed(unit, feedback).map((child) => runFeedback(child, feedback, run)));
  if (unit.methods.has('send-feedback')) return askUnit({ unit, method: 'send-feedback', body: feedback }, run);
  return answers.find((answer) => answer !== undefined);
}

/** All children of a unit of which the answer tells nothing. */
function routed({ name, children }: SeldonUnit, { response }: SeldonFeedback): readonly SeldonUnit[] {
  const { routing } = response?.meta ?? {};
  const route: unknown = isPlainObject(routing) && Object.hasOwn(routing, name) ? routing[name] : -1;
  if (route === -1) return children;
  if (route === -2) return [];
  const child = Number.isInteger(route) ? children[Number(route)] : undefined;
  if (child !== undefined) return [child];
  throw new PredictionError(
    `response.meta.routing.${name}: expected a child from 0 to ${children.length - 1}, -1 or -2, got ${valueText(route)}`,
    400,
  );
}
