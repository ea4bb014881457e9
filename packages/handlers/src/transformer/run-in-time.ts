/** Runs a function for one request, and waits no longer for it than anybody does. */
import { PredictionError } from '../prediction-error.ts';

/** Who waits. */
export interface WaitingCall {
  /** Longest time, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Aborts when the client has left. */
  readonly signal?: AbortSignal | undefined;
}

/** A timer takes no more. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * @param run is given a signal that aborts when nobody waits any more; its reason says why
 * @throws PredictionError 504 then; whatever the function throws
 */
export async function runInTime<T>(call: WaitingCall, run: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort('its time is over'), Math.min(call.timeoutMs ?? LONGEST_MS, LONGEST_MS));
  const leave = (): void => over.abort('its client has left');
  call.signal?.addEventListener('abort', leave, { once: true });
  try {
    if (call.signal?.aborted === true) leave();
    return await Promise.race([untilAborted(over.signal), run(over.signal)]);
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
