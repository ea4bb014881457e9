import { expect, it } from 'vitest';
import { createPrometheusMetrics, type PrometheusMetrics } from './prometheus.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const create = () => createPrometheusMetrics({ logger: silent, hostname: 'host' });
const KEY = { name: 'm', version: '1.0' };
const BATCH = { size: 3, decodeMs: 1, handlerMs: 20, encodeMs: 4, predictionMs: 25, overheadMs: 5 };

function serve(prometheus: PrometheusMetrics, times: number): void {
  const { metrics } = prometheus;
  for (let time = 0; time < times; time += 1) {
    metrics.requestReceived(KEY.name, undefined);
    metrics.requestReceived(KEY.name, KEY.version);
    metrics.jobDone(KEY, { queueMs: 2, totalMs: 40 });
    metrics.batchDone(KEY, BATCH);
    prometheus.httpResponse(200);
  }
}

async function shown(prometheus: PrometheusMetrics): Promise<string[]> {
  const { body } = await prometheus.render();
  return body.split('\n').filter((line) => !line.startsWith('#') && !/^(process|nodejs)_/.test(line));
}

it('are shown by another process as if it had counted them', async () => {
  const [main, frontEnd, alone] = [create(), create(), create()];
  for (const each of [main, alone]) {
    each.metrics.workersReady(KEY, 1);
    serve(each, 1);
  }
  serve(frontEnd, 2);
  serve(alone, 2);
  main.metrics.add(frontEnd.take());
  expect(await shown(main)).toEqual(await shown(alone));
});

it('are taken once', () => {
  const frontEnd = create();
  serve(frontEnd, 1);
  expect(frontEnd.take()).not.toEqual([]);
  expect(frontEnd.take()).toEqual([]);
});

it('leave when their version is gone', async () => {
  const [main, frontEnd] = [create(), create()];
  serve(frontEnd, 1);
  main.metrics.add(frontEnd.take());
  expect((await shown(main)).filter((line) => line.includes('"m"'))).toEqual([]);
});

it('do not say how many jobs wait, or how many workers there are', () => {
  const frontEnd = create();
  frontEnd.metrics.queueLength(KEY, 3);
  frontEnd.metrics.workersReady(KEY, 3);
  expect(frontEnd.take()).toEqual([]);
});
