/** The life of a worker in the pool. */

/**
 * starting → ready                   the normal way
 * starting | ready → waiting         its process ended; a new one is started after a delay
 * waiting → starting | failed        or not any more
 * any → stopping → stopped           it was asked to end
 */
export type LifeState = 'starting' | 'ready' | 'waiting' | 'failed' | 'stopping' | 'stopped';

/** The same, and `busy` for one that is ready and has a batch. */
export type WorkerState = LifeState | 'busy';

const NEXT: Readonly<Record<LifeState, readonly LifeState[]>> = {
  starting: ['ready', 'waiting', 'failed', 'stopping'],
  ready: ['waiting', 'failed', 'stopping'],
  waiting: ['starting', 'stopping'],
  failed: ['stopping'],
  stopping: ['stopped'],
  stopped: [],
};

/** The next state itself. @throws Error for a transition that is not on the list above: a bug of ours */
export function transition(from: LifeState, to: LifeState): LifeState {
  if (!NEXT[from].includes(to)) throw new Error(`a worker cannot go from ${from} to ${to}`);
  return to;
}
