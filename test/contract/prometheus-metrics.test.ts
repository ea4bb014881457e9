/** What promtool and a real Prometheus make of the metrics page. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { METRICS } from '../../packages/server/src/observability/metrics/metric-table.ts';
import { createPrometheusMetrics } from '../../packages/server/src/observability/metrics/prometheus.ts';
import { checkMetrics, missingPrograms, startPrometheus, type Prometheus } from '../helpers/prometheus.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const missing = missingPrograms();
const reason = missing === undefined ? '' : ` (skipped: ${missing})`;

const KEY = { name: 'embedding', version: '1.0' };

/** A page on which every metric has a value, and handlers' metrics of each kind. */
function createFilled() {
  const options = { hostname: 'host', systemIntervalMs: 60_000, registeredVersions: () => 1, lostLogLines: () => 1 };
  const prometheus = createPrometheusMetrics({ logger: silent, ...options });
  const { metrics } = prometheus;
  for (const status of [200, 404, 503]) prometheus.httpResponse(status);
  metrics.workerLoaded(KEY, '9000', 1234);
  metrics.workersReady(KEY, 1);
  metrics.workerDied(KEY, '9001');
  metrics.queueLength(KEY, 4);
  metrics.requestReceived(KEY.name, undefined);
  for (const totalMs of [3, 30, 300]) metrics.jobDone(KEY, { queueMs: 1, totalMs });
  metrics.batchDone(KEY, { size: 3, decodeMs: 0.2, handlerMs: 2, encodeMs: 0.3, predictionMs: 2.5, overheadMs: 0.5 });
  metrics.handlerSamples(KEY, [
    { name: 'images_total', kind: 'counter', values: [3], unit: 'count', dimensions: { format: 'a "b" \\ c\nd, ü' } },
    { name: 'nearest_distance', kind: 'gauge', values: [-0.5], unit: 'count', dimensions: {} },
    { name: 'decode_seconds', kind: 'histogram', values: [0.004], unit: 's', dimensions: {} },
  ]);
  return prometheus;
}

describe.skipIf(missing !== undefined)(`promtool check metrics${reason}`, () => {
  it('has nothing to say but on names that are TorchServe’s or prom-client’s', async () => {
    const filled = createFilled();
    const { body } = await filled.render();
    filled.close();
    expect(checkMetrics(body).filter((line) => !isKept(line))).toEqual([]);
  });

  it('accepts the page before anything has been counted', async () => {
    const { body } = await createPrometheusMetrics({ logger: silent }).render();
    expect(checkMetrics(body).filter((line) => !isKept(line))).toEqual([]);
  });

  it('does complain of a page that is wrong', () => {
    expect(checkMetrics('# TYPE a counter\na{b="1} 1\n')).toEqual([expect.stringContaining('error')]);
    expect(checkMetrics('# HELP requests r\n# TYPE requests counter\nrequests 1\n')).toEqual([
      expect.stringContaining('requests'),
    ]);
  });
});

/** The lines of docs/metrics.md that are PromQL. */
function documentedExpressions(): string[] {
  const docs = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const block = /```promql\n(.*?)```/s.exec(docs)?.[1] ?? '';
  return block.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** Gauges of prom-client that end like counters; its users' dashboards have these names. */
const PROM_CLIENT_NAMES = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** Whether lint complains of a name that a compatible server must keep: of a metric, or of the labels of handlers' metrics. */
function isKept(complaint: string): boolean {
  const [name = ''] = complaint.split(' ', 1);
  if (name.startsWith('marserve_')) return false;
  if (PROM_CLIENT_NAMES.includes(name) || Object.hasOwn(METRICS, name)) return true;
  return complaint === `${name} label names should be written in 'snake_case' not 'camelCase'`;
}

describe.skipIf(missing !== undefined)(`a real Prometheus${reason}`, () => {
  const filled = createFilled();
  let server: Server;
  let prometheus: Prometheus;

  beforeAll(async () => {
    server = createServer((_, response) => {
      void filled.render().then(({ contentType, body }) => {
        response.writeHead(200, { 'content-type': contentType }).end(body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    prometheus = await startPrometheus(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
    await prometheus.queryUntil('up == 1');
  });

  afterAll(async () => {
    await prometheus?.close();
    filled.close();
    server?.closeAllConnections();
    server?.close();
  });

  it('scrapes the page without an error', async () => {
    expect(await prometheus.target()).toMatchObject({ health: 'up', lastError: '' });
  });

  it('has every metric of the table', async () => {
    await prometheus.queryUntil('DiskUsage');
    const results = await prometheus.query('count by (__name__) ({job="marserve"})');
    const names = new Set(results.map(({ labels }) => labels.__name__?.replace(/_(bucket|sum|count)$/, '')));
    expect(Object.keys(METRICS).filter((name) => !names.has(name))).toEqual([]);
  });

  it('answers with the values that were counted', async () => {
    const labels = { model_name: 'embedding', model_version: '1.0', hostname: 'host' };
    const [sum] = await prometheus.query('ts_inference_latency_microseconds');
    expect(sum?.value).toBe(333_000);
    expect(sum?.labels).toMatchObject(labels);
    const [mean] = await prometheus.query(
      'marserve_inference_latency_seconds_sum / marserve_inference_latency_seconds_count',
    );
    expect(mean?.value).toBeCloseTo(0.111);
  });

  it('finds quantiles in the histograms', async () => {
    const bySize = 'histogram_quantile(0.5, sum by (le, model_name) (marserve_inference_latency_seconds_bucket))';
    const [median] = await prometheus.query(bySize);
    expect(median?.labels).toEqual({ model_name: 'embedding' });
    expect(median?.value).toBeGreaterThan(0.025);
    expect(median?.value).toBeLessThan(0.05);
  });

  it('has the handlers’ metrics, their dimensions unharmed', async () => {
    const [images] = await prometheus.query('images_total');
    expect(images?.value).toBe(3);
    expect(images?.labels).toMatchObject({ ModelName: 'embedding', Level: 'Model', format: 'a "b" \\ c\nd, ü' });
    expect(await prometheus.query('decode_seconds_count')).toEqual([expect.objectContaining({ value: 1 })]);
  });

  it.each(documentedExpressions())('answers what the documentation proposes to ask: %s', async (expression) => {
    expect(await prometheus.query(expression)).toBeInstanceOf(Array);
  });

  it('sees what changes', async () => {
    filled.metrics.queueLength(KEY, 9);
    const changed = await prometheus.queryUntil('marserve_queue_length', ([series]) => series?.value === 9);
    expect(changed).toHaveLength(1);
  });

  it('loses the series of a version that was removed', async () => {
    filled.metrics.versionRemoved(KEY);
    const isEmpty = (results: readonly unknown[]) => results.length === 0;
    const ofModel = '{model_name="embedding"} or {ModelName="embedding"}';
    expect(await prometheus.queryUntil(ofModel, isEmpty)).toEqual([]);
  });
});
