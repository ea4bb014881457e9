/** What is measured, in which unit, and which way is better. */

export const METRICS = {
  throughput: { label: 'throughput', unit: '/s', better: 'higher' },
  p50: { label: 'p50', unit: 'ms', better: 'lower' },
  p90: { label: 'p90', unit: 'ms', better: 'lower' },
  p99: { label: 'p99', unit: 'ms', better: 'lower' },
  processorTime: { label: 'processor time per request', unit: 'µs', better: 'lower' },
  time: { label: 'time', unit: 'ms', better: 'lower' },
  memory: { label: 'resident memory', unit: 'MB', better: 'lower' },
  growth: { label: 'growth of memory', unit: 'MB', better: 'lower' },
  loopDelay: { label: 'event-loop delay', unit: 'ms', better: 'lower' },
} as const satisfies Readonly<Record<string, { label: string; unit: string; better: 'higher' | 'lower' }>>;

export type Metric = keyof typeof METRICS;

/** One measurement. */
export type Sample = Readonly<Partial<Record<Metric, number>>>;

/** The percentiles of latency, in the order in which they are shown. */
export const PERCENTILES = ['p50', 'p90', 'p99'] as const satisfies readonly Metric[];
