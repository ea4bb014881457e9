/** The canaries of a router in its document: graphs of different versions may run at once, and each has its own plan. */
import { isPlainObject } from '../../../model-config.ts';
import { readState, type CanaryState } from './canary-state.ts';

/** Those of former plans that are kept. */
const MOST = 4;

/** @param plan names it */
export function stateIn(document: unknown, plan: string): CanaryState {
  return readState(isPlainObject(document) ? document[plan] : undefined);
}

/** The document with the state of one; of others the latest stay. */
export function withState(document: unknown, plan: string, state: CanaryState): Record<string, CanaryState> {
  const others = Object.entries(isPlainObject(document) ? document : {}).filter(([name]) => name !== plan);
  const known = others.map(([name, other]) => [name, readState(other)] as const);
  const latest = known.sort(([, one], [, other]) => other.tickedAt - one.tickedAt).slice(0, MOST - 1);
  return Object.fromEntries([...latest, [plan, state]]);
}
