/** What a file in `scenarios/` says. */
import type { Bench } from './bench.ts';
import type { Metric, Sample } from './sample.ts';

/** Measures once, for about so many seconds where that can be chosen. @throws Error when anything was answered wrongly */
export type Probe = (seconds: number) => Promise<Sample>;

/** One of the two that are measured in turn. */
export interface Side {
  readonly label: string;
  /** Starts what is needed (ended through `bench.defer`), checks one answer, and resolves with what measures. */
  readonly start: (bench: Bench) => Promise<Probe>;
}

/** `ratio`: marserve ÷ limit; `difference`: marserve − limit; `value`: marserve alone. */
export type Comparison = 'ratio' | 'difference' | 'value';

/** What is compared, and what it should come to; neither bound where there is no goal. */
export interface Goal {
  readonly metric: Metric;
  readonly compare: Comparison;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Scenario {
  /** As `--only` takes it. */
  readonly name: string;
  /** What is done, in one line. */
  readonly title: string;
  readonly limit: Side;
  readonly marserve: Side;
  readonly goals: readonly Goal[];
  /** How often limit and marserve are measured at most, where a measurement takes long. */
  readonly maxPairs?: number;
  /** How much longer it takes than others, in full and in quick form. */
  readonly extraSeconds?: { readonly full: number; readonly quick: number };
  /** How long a measurement takes where that cannot be chosen. */
  readonly probeSeconds?: number;
  /** Before the first measurement of each of the two, in full form, where the usual does not do. */
  readonly warmUpSeconds?: number;
}
