/** Questions beside each other. */
import { waitingSignal, type Waiting } from './waiting-signal.ts';

/** For whom they are asked. */
interface Run {
  /** What goes with each question. */
  readonly call: Waiting;
}

/** When one fails, nobody waits for the others. @param start asks with a run whose signal says so */
export async function endingTogether<R extends Run, T>(run: R, start: (run: R) => readonly Promise<T>[]): Promise<T[]> {
  const signal = waitingSignal(run.call);
  const over = new AbortController();
  const end = (): void => over.abort();
  signal?.addEventListener('abort', end);
  if (signal?.aborted === true) end();
  try {
    return await Promise.all(start({ ...run, call: { ...run.call, signal: over.signal } }));
  } catch (error) {
    end();
    throw error;
  } finally {
    signal?.removeEventListener('abort', end);
  }
}
