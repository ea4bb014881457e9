/** The header by which handlers written for TorchServe tell explanations from predictions. */
import type { Operation } from '../core/jobs/job.ts';

/** Name and value. */
export function explainHeader(operation: Operation): readonly [string, string] {
  return ['explain', operation === 'explain' ? 'True' : 'False'];
}
