/** A run of an arm that nobody waits for. */
import type { GraphRun } from '../run-step.ts';
import type { BesideOptions } from './router-policy.ts';

/** What it asks is asked for the graph itself: of no row, whose client and time it would share. */
export function besideRun(run: GraphRun, { timeoutMs, isBackground }: BesideOptions): GraphRun {
  const headers = { ...run.request.headers, [SHADOW_HEADER]: '1' };
  return {
    ...run,
    request: { ...run.request, headers },
    call: { forward: headers, isBackground },
    endsAt: performance.now() + timeoutMs,
    trace: run.trace.beside(),
    // What was decided for nobody has no feedback.
    experiments: undefined,
    // The answer has left, or has a route of its own.
    onRoute: () => {},
  };
}

/** On all that is asked for nobody, so that graphs which shadow each other do not do so for ever. */
export const SHADOW_HEADER = 'x-marserve-shadow';
