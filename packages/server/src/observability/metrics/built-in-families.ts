/** The families of the table, in a registry. */
import type { Registry } from 'prom-client';
import { MetricFamily } from './metric-family.ts';
import { METRICS, type MetricName } from './metric-table.ts';

/** A family for each name of the table. */
export type BuiltInFamilies = {
  readonly [N in MetricName]: MetricFamily<(typeof METRICS)[N]['kind'], (typeof METRICS)[N]['labels'][number]>;
};

/** Makes one of each row of the table and registers it. @throws Error for a name that the registry has */
export function createBuiltInFamilies(registry: Registry): BuiltInFamilies {
  const families = Object.entries(METRICS).map(([name, definition]) => new MetricFamily(name, definition));
  for (const family of families) family.register(registry);
  return Object.fromEntries(families.map((family) => [family.name, family])) as unknown as BuiltInFamilies;
}
