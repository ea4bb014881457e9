/** What a handler threw, as it travels to the daemon. */
import { HandlerError } from '@marserve/handlers/load-handler';
import type { WireError, WireErrorCode } from '../../wire/message.ts';

/** @param code what an error of unknown kind counts as */
export function wireError(error: unknown, code: WireErrorCode): WireError {
  if (isPredictionError(error)) return { code: 'prediction', message: error.message, status: error.status };
  if (error instanceof HandlerError && code === 'handler_failed')
    return { code: 'invalid_result', message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  const prefix = code === 'handler_failed' ? 'Prediction failed: ' : '';
  return { code, message: prefix + message, ...(stack !== undefined && { stack }) };
}

/** By its shape: a handler may carry its own copy of the class. */
function isPredictionError(error: unknown): error is Error & { readonly status: number } {
  return (
    error instanceof Error && error.name === 'PredictionError' && 'status' in error && typeof error.status === 'number'
  );
}
