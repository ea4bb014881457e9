/** Calls a function of a module for one request. */
import { toError } from '../../base/stages.ts';
import type { ModelContext } from '../../handler.ts';
import { isPredictionError, PredictionError } from '../../prediction-error.ts';
import type { PredictorCall } from '../../transformer/predictor.ts';
import { runInTime } from '../../transformer/run-in-time.ts';
import { waitingSignal, type Waiting } from '../waiting-signal.ts';
import type { ModuleRef } from './module-ref.ts';
import type { GraphStepContext } from './step-module.ts';

/** Whose function it is, and for what request. */
export interface ModuleCall {
  /** The module. */
  readonly ref: ModuleRef;
  /** Of the step. */
  readonly name: string;
  /** Of the graph. */
  readonly context: Pick<ModelContext, 'modelDir' | 'logger'>;
  /** Of the request. */
  readonly call: Pick<PredictorCall, 'forward' | 'timeoutMs'> & Waiting;
}

/**
 * @param run calls the function, with what it is told of the request
 * @throws PredictionError with the module's name: of its own error the status, 504 when it takes too long, 500 for anything else
 */
export async function callModule<T>(
  { ref, name, context: { modelDir, logger }, call }: ModuleCall,
  run: (context: GraphStepContext) => T | Promise<T>,
): Promise<T> {
  try {
    return await runInTime({ timeoutMs: call.timeoutMs, signal: waitingSignal(call) }, (signal) =>
      run({ name, options: ref.options, headers: headersOf(call), signal, modelDir, logger }),
    );
  } catch (error) {
    if (!isPredictionError(error)) logger.error(`${ref.handler}: ${toError(error).stack}`);
    throw ofModule(ref, error);
  }
}

function headersOf({ forward = {} }: ModuleCall['call']): Readonly<Record<string, string>> {
  return forward as Readonly<Record<string, string>>;
}

function ofModule({ handler }: ModuleRef, error: unknown): PredictionError {
  const told = new PredictionError(
    `${handler}: ${toError(error).message}`,
    isPredictionError(error) ? error.status : 500,
  );
  told.cause = error;
  return told;
}
