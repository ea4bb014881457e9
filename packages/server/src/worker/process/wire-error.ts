/** What a handler threw, as it travels to the daemon: a message for the client, stack and causes for the log. */
import { inspect } from 'node:util';
import { HandlerError } from '@marserve/handlers/load-handler';
import { isPredictionError } from '@marserve/handlers/prediction-error';
import type { WireError, WireErrorCode } from '../../wire/worker-message.ts';

/** Longer texts are cut, so that what a handler throws cannot break the wire. */
const MAX_MESSAGE_CHARS = 8192;
const MAX_STACK_CHARS = 8192;

/** @param code what an error of unknown kind counts as; never throws, whatever was thrown */
export function wireError(thrown: unknown, code: WireErrorCode): WireError {
  try {
    return translate(thrown, code);
  } catch {
    return { code, message: 'what the handler threw cannot be read' };
  }
}

function translate(thrown: unknown, code: WireErrorCode): WireError {
  const message = (thrown instanceof Error ? thrown.message : String(thrown)).slice(0, MAX_MESSAGE_CHARS);
  if (isPredictionError(thrown)) return { code: 'prediction', message, status: statusOf(thrown) };
  if (thrown instanceof HandlerError && code === 'handler_failed') return { code: 'invalid_result', message };
  const stack = thrown instanceof Error ? inspect(thrown, { depth: 4 }).slice(0, MAX_STACK_CHARS) : undefined;
  const prefix = code === 'handler_failed' ? 'Prediction failed: ' : '';
  return { code, message: prefix + message, ...(stack !== undefined && { stack }) };
}

function statusOf({ status }: { readonly status: unknown }): number {
  return Number.isInteger(status) && Number(status) >= 400 && Number(status) <= 599 ? Number(status) : 500;
}
