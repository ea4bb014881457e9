/** The one error whose text and status reach the client exactly as the handler wrote them. */
export class PredictionError extends Error {
  override readonly name = 'PredictionError';
  /** HTTP status of the answer, 400..599. */
  readonly status: number;

  /**
   * @param message sent to the client as it is
   * @param status HTTP status, an integer in 400..599; 500 by default, as in TorchServe
   * @throws RangeError for a status outside 400..599
   */
  constructor(message: string, status = 500) {
    super(message);
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`PredictionError: status must be an integer in 400..599, got ${status}`);
    }
    this.status = status;
  }
}

/** By its shape: handlers and whoever runs them may have a copy of the class each. */
export function isPredictionError(error: unknown): error is PredictionError {
  return error instanceof Error && error.name === 'PredictionError' && 'status' in error;
}
