/** What one process has counted and another shows: series of the table, by family and labels. */
import type { BuiltInFamilies } from './built-in-families.ts';
import type { LabelValues, MetricFamily } from './metric-family.ts';
import type { MetricName } from './metric-table.ts';
import type { Taken } from './series.ts';

/** What a series has counted since it was last taken from. */
export interface TakenSeries {
  /** Its family. */
  readonly name: MetricName;
  /** Its labels. */
  readonly labels: LabelValues;
  /** By its kind. */
  readonly taken: Taken;
}

/** Of all series that have counted something. */
export type TakenMetrics = readonly TakenSeries[];

/** They say how things are, of the whole server, and are told in another way. */
const NOT_COUNTED: readonly MetricName[] = ['marserve_queue_length', 'marserve_workers_ready'];

/** Takes from all of them. */
export function takeMetrics(families: BuiltInFamilies): TakenMetrics {
  const names = (Object.keys(families) as MetricName[]).filter((name) => !NOT_COUNTED.includes(name));
  return names.flatMap((name) => families[name].take().map((series) => ({ name, ...series })));
}

/** Adds it to the series of the same labels. */
export function addTaken(families: BuiltInFamilies, { name, labels, taken }: TakenSeries): void {
  const family: Pick<MetricFamily, 'series'> = families[name];
  family.series(labels).add(taken);
}
