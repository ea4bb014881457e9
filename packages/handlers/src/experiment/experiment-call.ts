/** A call that is about the experiments of a model and asks for no prediction: whoever runs the handler gives it as the body of a row. */

/** What is asked. */
export type ExperimentOperation = 'feedback' | 'state' | 'control' | 'reset';

/** One of them, and what came with it. */
export class ExperimentCall {
  /** Which one. */
  readonly operation: ExperimentOperation;
  /** Parsed JSON of the body; undefined for a call without one. */
  readonly message: unknown;
  /** Name of one experiment of several; undefined where the call names none. */
  readonly experiment: string | undefined;

  constructor(operation: ExperimentOperation, message?: unknown, experiment?: string) {
    this.operation = operation;
    this.message = message;
    this.experiment = experiment;
  }
}
