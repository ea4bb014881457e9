/** What a question fails with whose answer nobody waits for. */
import { PredictionError } from '@marserve/handlers/prediction-error';

/** nginx' status for a client that closed its connection. */
const CLIENT_CLOSED_REQUEST = 499;

/** A new one at each call. */
export function nobodyWaits(): PredictionError {
  return new PredictionError('Nobody waits for the answer any more', CLIENT_CLOSED_REQUEST);
}
