/** Core's `Metrics` in Prometheus' terms, and the text that Prometheus reads. */
import { hostname as osHostname } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Registry } from 'prom-client';
import type { Logger } from '../../core/logger.ts';
import { createBuiltInFamilies, type BuiltInFamilies } from './built-in-families.ts';
import { HandlerMetrics } from '../handler-metrics/handler-metrics.ts';
import { createHostMetrics } from './host-metrics.ts';
import { sampleNames } from './metric-family.ts';
import { ModelMetrics } from './model-metrics.ts';
import { takeMetrics, type TakenMetrics } from './taken-metrics.ts';
import { processMetrics } from './process-metrics.ts';
import { startSystemMetrics } from '../machine/system-metrics.ts';

/** What is measured beside core's events. */
export interface PrometheusMetricsOptions {
  /** Is told of samples that cannot be counted. */
  readonly logger: Logger;
  /** Value of the `Hostname` labels; the machine's name by default. */
  readonly hostname?: string;
  /** Time between two looks at processor, memory and disk, in milliseconds; none are taken when absent. */
  readonly systemIntervalMs?: number;
  /** How many versions are registered; asked each time the metrics are read. */
  readonly registeredVersions?: () => number;
  /** How many lines the log has lost; asked each time the metrics are read. */
  readonly lostLogLines?: () => number;
  /** Most series that the handlers of one model can have, 1000 by default. */
  readonly maxHandlerSeries?: number;
}

/** The text format and its media type. */
export interface RenderedMetrics {
  /** `text/plain; version=0.0.4; charset=utf-8`. */
  readonly contentType: string;
  /** Ends with a line feed. */
  readonly body: string;
}

/** The metrics of a server. */
export interface PrometheusMetrics {
  /** Where core and the workers tell what happens. */
  readonly metrics: ModelMetrics;
  /** Counts an answered HTTP request. */
  httpResponse(status: number): void;
  /** Counts an error that is a fault of the server. */
  internalError(): void;
  /** Takes what was counted here since the last time, for another process to show. */
  take(): TakenMetrics;
  /** All metrics, or only those of these names; a name that is unknown is left out. */
  render(names?: readonly string[]): Promise<RenderedMetrics>;
  /** Ends the looks at processor, memory and disk. */
  close(): void;
}

/** Metrics of one server, in a registry of their own beside that of the process. */
export function createPrometheusMetrics(options: PrometheusMetricsOptions): PrometheusMetrics {
  const { hostname = osHostname(), logger, systemIntervalMs, maxHandlerSeries = 1000 } = options;
  const registry = new Registry();
  const families = createBuiltInFamilies(registry);
  const host = createHostMetrics(families, hostname);
  const registries = [processMetrics(), registry];
  const reserved = registries.flatMap(namesOf);
  const handlers = new HandlerMetrics({ registry, hostname, logger, maxSeries: maxHandlerSeries, reserved });
  const system =
    systemIntervalMs === undefined
      ? undefined
      : startSystemMetrics({ intervalMs: systemIntervalMs, onSample: host.systemSampled, logger });
  return {
    metrics: new ModelMetrics({ families, hostname, handlers }),
    httpResponse: host.httpResponse,
    internalError: host.internalError,
    take: () => takeMetrics(families),
    render(names) {
      readCounts(families, options);
      return renderRegistries(registries, names);
    },
    close: () => system?.stop(),
  };
}

/** What others count is read when it is asked for. */
function readCounts(
  families: BuiltInFamilies,
  { registeredVersions, lostLogLines }: Pick<PrometheusMetricsOptions, 'registeredVersions' | 'lostLogLines'>,
): void {
  if (registeredVersions !== undefined) families.marserve_registered_versions.series({}).set(registeredVersions());
  if (lostLogLines === undefined) return;
  const lost = families.marserve_log_lines_lost_total.series({});
  lost.reset();
  lost.inc(lostLogLines());
}

/** The registry's names and what could be taken for a part of them. */
function namesOf(registry: Registry): string[] {
  return registry.getMetricsAsArray().flatMap(({ name }) => sampleNames(name, 'histogram'));
}

/** Lets other work have its turn after each metric: with hundreds of models the whole takes a while. */
async function renderRegistries(registries: readonly Registry[], names?: readonly string[]): Promise<RenderedMetrics> {
  const wanted = names === undefined || names.length === 0 ? undefined : new Set(names);
  const texts: string[] = [];
  for (const registry of registries) {
    for (const { name } of registry.getMetricsAsArray()) {
      if (wanted?.has(name) === false || registry.getSingleMetric(name) === undefined) continue;
      texts.push(await registry.getSingleMetricAsString(name));
      await setImmediate();
    }
  }
  return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, body: texts.map((text) => `${text}\n`).join('\n') };
}
