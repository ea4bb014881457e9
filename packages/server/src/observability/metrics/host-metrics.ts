/** What is counted and measured of the server and its machine as a whole. */
import type { Counter } from './series.ts';
import type { BuiltInFamilies } from './built-in-families.ts';
import type { SystemSample } from '../machine/system-metrics.ts';

/** The values that have no model. */
export interface HostMetrics {
  /** Counts an answered HTTP request. */
  readonly httpResponse: (status: number) => void;
  /** Counts an error that is a fault of the server. */
  readonly internalError: () => void;
  /** Sets the gauges of processor, memory and disk. */
  readonly systemSampled: (sample: SystemSample) => void;
}

/** Series with the label `Hostname`, counted from 0. */
export function createHostMetrics(families: BuiltInFamilies, hostname: string): HostMetrics {
  const host = { Level: 'Host', Hostname: hostname };
  const classes = new Map([
    [2, families.Requests2XX.series(host)],
    [4, families.Requests4XX.series(host)],
    [5, families.Requests5XX.series(host)],
  ]);
  const internalErrors = families.marserve_internal_errors_total.series({});
  const codes = new Map<number, Counter>();
  return {
    httpResponse(status) {
      const code = codes.get(status) ?? families.marserve_http_responses_total.series({ code: `${status}` });
      codes.set(status, code);
      code.inc();
      classes.get(Math.floor(status / 100))?.inc();
    },
    internalError: () => internalErrors.inc(),
    systemSampled({ cpuPercent, memory, disk }) {
      families.CPUUtilization.series(host).set(cpuPercent);
      families.MemoryUsed.series(host).set(memory.used);
      families.MemoryAvailable.series(host).set(memory.available);
      families.MemoryUtilization.series(host).set(memory.percent);
      if (disk === undefined) return;
      families.DiskUsage.series(host).set(disk.used);
      families.DiskAvailable.series(host).set(disk.available);
      families.DiskUtilization.series(host).set(disk.percent);
    },
  };
}
