/** A caller as a signal, for what takes one. */
import { clientGone } from '../errors.ts';
import type { Caller } from './job.ts';

/** Aborted when the caller goes; undefined where there is none. */
export function callerSignal(caller: Caller | undefined): AbortSignal | undefined {
  if (caller === undefined) return undefined;
  const leaving = new AbortController();
  const leave = () => leaving.abort(clientGone());
  if (caller.isGone) leave();
  else caller.onGone(leave);
  return leaving.signal;
}
