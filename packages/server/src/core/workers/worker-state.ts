/** The life of a worker in the pool. */

/**
 * starting → ready ⇄ busy            the normal way
 * starting | ready | busy → waiting  its process ended; a new one is started after a delay
 * waiting → starting | failed        or not any more
 * any → stopping → stopped           it was asked to end
 */
export type WorkerState = 'starting' | 'ready' | 'busy' | 'waiting' | 'failed' | 'stopping' | 'stopped';

const NEXT: Readonly<Record<WorkerState, readonly WorkerState[]>> = {
  starting: ['ready', 'waiting', 'failed', 'stopping'],
  ready: ['busy', 'waiting', 'failed', 'stopping'],
  busy: ['ready', 'waiting', 'failed', 'stopping'],
  waiting: ['starting', 'stopping'],
  failed: ['stopping'],
  stopping: ['stopped'],
  stopped: [],
};

/** The next state itself. @throws Error for a transition that is not on the list above: a bug of ours */
export function transition(from: WorkerState, to: WorkerState): WorkerState {
  if (!NEXT[from].includes(to)) throw new Error(`a worker cannot go from ${from} to ${to}`);
  return to;
}
