/** What is to be ended or deleted, whatever happens. */

export interface Cleanup {
  /** The last comes first. */
  add(close: () => Promise<unknown>): void;
  /** Ends everything; what is added afterwards is ended at once. */
  close(): Promise<void>;
  readonly isClosed: boolean;
}

export function createCleanup(): Cleanup {
  const closers: (() => Promise<unknown>)[] = [];
  let isClosed = false;
  const close = async () => {
    isClosed = true;
    for (let next = closers.pop(); next !== undefined; next = closers.pop()) await next();
  };
  return {
    add(closer) {
      closers.push(closer);
      if (isClosed) void close();
    },
    close,
    get isClosed() {
      return isClosed;
    },
  };
}

/** Where the process is told to end, it does so after everything else has ended. */
export function closeOnSignal(cleanup: Cleanup): void {
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const) {
    process.once(signal, () => {
      process.stderr.write(`${signal}: ending what was started\n`);
      void cleanup.close().finally(() => process.exit(128 + number));
    });
  }
}
