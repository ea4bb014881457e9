/**
 * SIGHUP: whoever renamed the log file wants a new one, certificates are to be read anew, or the terminal went away. It never
 * ends the daemon.
 */

const SIGNAL = 'SIGHUP';

/** The signal, for as long as the daemon runs. */
export interface ReopenSignal {
  /** What is done each time from now on; until then nothing is. It must not reject. */
  handle(action: () => Promise<void>): void;
  /** Leaves the signal to the system again. */
  dispose(): void;
}

/** Takes the signal at once, so that it ends the process at no time. */
export function createReopenSignal(): ReopenSignal {
  let act: () => Promise<void> = () => Promise.resolve();
  const listener = () => void act();
  process.on(SIGNAL, listener);
  return {
    handle(action) {
      act = action;
    },
    dispose: () => void process.off(SIGNAL, listener),
  };
}
