/** How a model is asked about many samples: in parts of so many, so many at a time. */
import { integer, type ConfigReaders } from '../model-config.ts';

/** Keys of the section `explainer` of the methods that ask. */
export interface AskingOptions {
  /** Most samples that go to the model at once. */
  readonly batch_size: number;
  /** How many requests a predictor has at the same time, at most. Default 4. */
  readonly in_flight: number;
}

/** How they are read. */
export const askingReaders: ConfigReaders<AskingOptions> = {
  batch_size: integer(1, 65_536),
  in_flight: integer(1, 64),
};

/** What they come to. */
export interface Asking {
  /** Most samples in a part. */
  readonly batchSize: number;
  /** Most parts at a time. */
  readonly inFlight: number;
}

const IN_FLIGHT = 4;

/**
 * @param isRemote whether the model is a predictor elsewhere; a worker's own runs one part after another
 * @param batchSize where nobody says one
 */
export function askingOf(options: Partial<AskingOptions>, isRemote: boolean, batchSize: number): Asking {
  return {
    batchSize: options.batch_size ?? batchSize,
    inFlight: isRemote ? (options.in_flight ?? IN_FLIGHT) : 1,
  };
}

/** Parts of some work, from 0. */
export interface Parts<T> {
  /** How many there are. */
  readonly count: number;
  /** How many are under way at the same time, at most. */
  readonly inFlight: number;
  /** Begun in the order of the parts. */
  readonly run: (part: number) => Promise<T>;
  /** Gets the results in the order of the parts, whichever came first. */
  readonly take: (result: T, part: number) => void | Promise<void>;
}

/** Settles when none is under way any more. @throws what a part throws, or `take` */
export async function runParts<T>({ count, inFlight, run, take }: Parts<T>): Promise<void> {
  const underWay: Promise<T>[] = [];
  let next = 0;
  try {
    for (let part = 0; part < count; part += 1) {
      for (; next < count && next < part + inFlight; next += 1) {
        const begun = run(next);
        // It is awaited later on, and may fail before.
        begun.catch(() => {});
        underWay.push(begun);
      }
      await take(await (underWay.shift() as Promise<T>), part);
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}
