/** Calls a function of a module for one request, and waits no longer for it than anybody does. */
import { toError } from '../../base/stages.ts';
import type { ModelContext } from '../../handler.ts';
import { isPredictionError, PredictionError } from '../../prediction-error.ts';
import type { PredictorCall } from '../../transformer/predictor.ts';
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
  readonly call: Pick<PredictorCall, 'forward' | 'signal' | 'timeoutMs'>;
}

/** A timer takes no more. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * @param run calls the function, with what it is told of the request
 * @throws PredictionError with the module's name: of its own error the status, 504 when it takes too long, 500 for anything else
 */
export async function callModule<T>(
  { ref, name, context: { modelDir, logger }, call }: ModuleCall,
  run: (context: GraphStepContext) => T | Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort('its time is over'), Math.min(call.timeoutMs ?? LONGEST_MS, LONGEST_MS));
  const leave = (): void => over.abort('its client has left');
  call.signal?.addEventListener('abort', leave, { once: true });
  try {
    if (call.signal?.aborted === true) leave();
    const step = { name, options: ref.options, headers: headersOf(call), signal: over.signal, modelDir, logger };
    return await Promise.race([untilAborted(over.signal), run(step)]);
  } catch (error) {
    if (!isPredictionError(error)) logger.error(`${ref.handler}: ${toError(error).stack}`);
    throw ofModule(ref, error);
  } finally {
    clearTimeout(timer);
    call.signal?.removeEventListener('abort', leave);
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(new PredictionError(String(signal.reason), 504));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
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
