/** Runs of small models at once. onnxruntime-node computes on the calling thread, and puts each run off to the next turn of the event loop. */

/** Before runs that will take longer together, the event loop has its turn: what was said is heard there, and what was answered leaves. */
const MOST_MS = 1;

// A handler may replace what is global.
const turn = setImmediate;
const realClock = performance.now.bind(performance);

/** What is run, and what it costs. */
export interface QuickRunOptions<Inputs, Outputs> {
  /** Begins with `setImmediate`, as the `run` of onnxruntime-node's sessions does; what it does then is synchronous. */
  readonly run: (inputs: Inputs) => Promise<Outputs>;
  /** With which the time of a run grows. */
  readonly sizeOf: (inputs: Inputs) => number;
  /** The clock, in milliseconds; `performance.now` by default. */
  readonly now?: () => number;
}

/** The same, at once if it will be quick: if the run before was, for its size. */
export function quickRuns<Inputs, Outputs>(
  options: QuickRunOptions<Inputs, Outputs>,
): (inputs: Inputs) => Promise<Outputs> {
  const { run, sizeOf, now = realClock } = options;
  /** Of the run before; the first one may take long. */
  let last = { ms: Infinity, size: 1 };
  /** Since the event loop had its turn. */
  let sumMs = 0;
  return async (inputs) => {
    const size = sizeOf(inputs);
    if (sumMs + last.ms * Math.max(1, size / last.size) > MOST_MS) {
      sumMs = 0;
      await new Promise((resolve) => turn(resolve));
    }
    const startedAt = now();
    const outputs = atOnce(() => run(inputs));
    last = { ms: now() - startedAt, size };
    sumMs += last.ms;
    return outputs;
  };
}

/** Nothing else runs meanwhile that could miss it. */
function atOnce<T>(call: () => T): T {
  const { setImmediate: own } = globalThis;
  globalThis.setImmediate = ((callback: () => void) => callback()) as typeof own;
  try {
    return call();
  } finally {
    globalThis.setImmediate = own;
  }
}
