/** The signals that ask the daemon to end. */
import { constants } from 'node:os';

/** SIGINT and SIGTERM, taken from the system. */
export interface StopSignal {
  /** Resolves with the first signal; it may have come already. */
  readonly received: Promise<NodeJS.Signals>;
  /** Leaves the signals to the system again. */
  dispose(): void;
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** The first signal is for the caller to act on; a second ends the process at once. */
export function createStopSignal(): StopSignal {
  const { promise, resolve } = deferred<NodeJS.Signals>();
  let isReceived = false;
  const listener = (signal: NodeJS.Signals) => {
    if (isReceived) process.exit(128 + constants.signals[signal]);
    isReceived = true;
    resolve(signal);
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return {
    received: promise,
    dispose() {
      for (const signal of SIGNALS) process.off(signal, listener);
    },
  };
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
