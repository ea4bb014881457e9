import { describe, expect, it } from 'vitest';
import type { BatchTimes } from '../../core/metrics.ts';
import type { ModelKey } from '../../core/model-key.ts';
import { createPrometheusMetrics, type PrometheusMetrics, type PrometheusMetricsOptions } from './prometheus.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

function create(options: Partial<PrometheusMetricsOptions> = {}): PrometheusMetrics {
  return createPrometheusMetrics({ logger: silent, hostname: 'host', ...options });
}

const KEY: ModelKey = { name: 'm', version: '1.0' };
const BATCH: BatchTimes = { size: 3, decodeMs: 1, handlerMs: 20, encodeMs: 4, predictionMs: 25, overheadMs: 5 };

/** Samples of these metrics, in the order in which they are shown. */
async function samples(prometheus: PrometheusMetrics, ...names: string[]): Promise<string[]> {
  const { body } = await prometheus.render(names);
  return body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** One of everything that core tells. */
function exercise({ metrics }: PrometheusMetrics, key: ModelKey): void {
  metrics.workersReady(key, 1);
  metrics.workerLoaded(key, '9000', 1234);
  metrics.requestReceived(key.name, undefined);
  metrics.requestReceived(key.name, key.version);
  metrics.queueLength(key, 1);
  metrics.jobDone(key, { queueMs: 2, totalMs: 40 });
  metrics.batchDone(key, BATCH);
  metrics.workerDied(key, '9000');
  const dimensions = { stage: 'pre' };
  metrics.handlerSamples(key, [{ name: `Own_${key.name}`, kind: 'counter', values: [1], unit: 'count', dimensions }]);
}

describe('the metrics page', () => {
  it('is Prometheus text format 0.0.4', async () => {
    const { contentType, body } = await create().render();
    expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(body.endsWith('\n')).toBe(true);
  });

  it('has a header for every metric, with its unit, before anything was counted', async () => {
    const { body } = await create().render();
    expect(body).toContain('# HELP Requests2XX Requests answered with status 200 to 299, unit: Count\n');
    expect(body).toContain('# TYPE Requests2XX counter\n');
    expect(body).toContain('# TYPE marserve_inference_latency_seconds histogram\n');
  });

  it('has the metrics of the Node process', async () => {
    const { body } = await create().render();
    expect(body).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(body).toMatch(/^nodejs_version_info\{.*\} 1$/m);
  });

  it('can be reduced to the metrics that are named', async () => {
    const prometheus = create();
    const { body } = await prometheus.render(['QueueTime', 'process_start_time_seconds']);
    expect(body.match(/^# TYPE \S+/gm)).toEqual(['# TYPE process_start_time_seconds', '# TYPE QueueTime']);
  });

  it('is empty when none of the named metrics exists, and whole when none is named', async () => {
    const prometheus = create();
    expect((await prometheus.render(['nothing', 'constructor', '__proto__', ''])).body).toBe('');
    expect((await prometheus.render([])).body).toContain('# TYPE QueueTime gauge');
  });

  it('says how many versions are registered at that moment', async () => {
    let count = 2;
    const prometheus = create({ registeredVersions: () => count });
    expect(await samples(prometheus, 'marserve_registered_versions')).toEqual(['marserve_registered_versions 2']);
    count = 3;
    expect(await samples(prometheus, 'marserve_registered_versions')).toEqual(['marserve_registered_versions 3']);
  });
});

describe('HTTP responses', () => {
  it('are counted by class, as TorchServe does, and by code', async () => {
    const prometheus = create();
    for (const status of [200, 200, 299, 302, 404, 507]) prometheus.httpResponse(status);
    expect(await samples(prometheus, 'Requests2XX', 'Requests4XX', 'Requests5XX')).toEqual([
      'Requests2XX{Level="Host",Hostname="host"} 3',
      'Requests4XX{Level="Host",Hostname="host"} 1',
      'Requests5XX{Level="Host",Hostname="host"} 1',
    ]);
    expect(await samples(prometheus, 'marserve_http_responses_total')).toContain(
      'marserve_http_responses_total{code="302"} 1',
    );
  });

  it('start at zero, so that the first one is seen as an increase', async () => {
    expect(await samples(create(), 'Requests5XX')).toEqual(['Requests5XX{Level="Host",Hostname="host"} 0']);
  });
});

describe('requests for predictions', () => {
  it('are counted under the version they name, or "default"', async () => {
    const prometheus = create();
    prometheus.metrics.requestReceived('m', undefined);
    prometheus.metrics.requestReceived('m', '1.0');
    prometheus.metrics.requestReceived('m', undefined);
    expect(await samples(prometheus, 'ts_inference_requests_total')).toEqual([
      'ts_inference_requests_total{model_name="m",model_version="default",hostname="host"} 2',
      'ts_inference_requests_total{model_name="m",model_version="1.0",hostname="host"} 1',
    ]);
  });
});

describe('an answered job', () => {
  it('adds to TorchServe’s sums in microseconds', async () => {
    const prometheus = create();
    prometheus.metrics.jobDone(KEY, { queueMs: 2, totalMs: 40 });
    prometheus.metrics.jobDone(KEY, { queueMs: 3, totalMs: 60 });
    const labels = '{model_name="m",model_version="1.0",hostname="host"}';
    expect(await samples(prometheus, 'ts_inference_latency_microseconds', 'ts_queue_latency_microseconds')).toEqual([
      `ts_inference_latency_microseconds${labels} 100000`,
      `ts_queue_latency_microseconds${labels} 5000`,
    ]);
    expect(await samples(prometheus, 'QueueTime')).toEqual(['QueueTime{Level="Host",Hostname="host"} 3']);
  });

  it('falls into the buckets of the histograms in seconds', async () => {
    const prometheus = create();
    prometheus.metrics.jobDone(KEY, { queueMs: 0.4, totalMs: 40 });
    const latency = await samples(prometheus, 'marserve_inference_latency_seconds');
    expect(latency).toContain(
      'marserve_inference_latency_seconds_bucket{le="0.025",model_name="m",model_version="1.0"} 0',
    );
    expect(latency).toContain(
      'marserve_inference_latency_seconds_bucket{le="0.05",model_name="m",model_version="1.0"} 1',
    );
    expect(latency).toContain('marserve_inference_latency_seconds_sum{model_name="m",model_version="1.0"} 0.04');
    const queue = await samples(prometheus, 'marserve_queue_time_seconds');
    expect(queue[0]).toBe('marserve_queue_time_seconds_bucket{le="0.0005",model_name="m",model_version="1.0"} 1');
  });

  it('is counted as taking no time when its times are no times', async () => {
    const prometheus = create();
    prometheus.metrics.jobDone(KEY, { queueMs: NaN, totalMs: -1 });
    prometheus.metrics.jobDone(KEY, { queueMs: Infinity, totalMs: 1 });
    const labels = '{model_name="m",model_version="1.0",hostname="host"}';
    expect(await samples(prometheus, 'ts_inference_latency_microseconds', 'ts_queue_latency_microseconds')).toEqual([
      `ts_inference_latency_microseconds${labels} 1000`,
      `ts_queue_latency_microseconds${labels} 0`,
    ]);
  });
});

describe('a batch', () => {
  it('sets the times of its model and of the host, in milliseconds', async () => {
    const prometheus = create();
    prometheus.metrics.batchDone(KEY, BATCH);
    expect(await samples(prometheus, 'HandlerTime', 'PredictionTime', 'WorkerThreadTime')).toEqual([
      'WorkerThreadTime{Level="Host",Hostname="host"} 5',
      'HandlerTime{ModelName="m",Level="Model",Hostname="host"} 20',
      'PredictionTime{ModelName="m",Level="Model",Hostname="host"} 25',
    ]);
  });

  it('falls into the buckets of its size and its handler’s time', async () => {
    const prometheus = create();
    prometheus.metrics.batchDone(KEY, BATCH);
    const labels = 'model_name="m",model_version="1.0"';
    expect(await samples(prometheus, 'marserve_batch_size')).toEqual(
      expect.arrayContaining([
        `marserve_batch_size_bucket{le="2",${labels}} 0`,
        `marserve_batch_size_bucket{le="4",${labels}} 1`,
      ]),
    );
    expect(await samples(prometheus, 'marserve_handler_time_seconds')).toContain(
      `marserve_handler_time_seconds_sum{${labels}} 0.02`,
    );
  });
});

describe('workers', () => {
  it('show their load time under TorchServe’s worker name', async () => {
    const prometheus = create();
    prometheus.metrics.workerLoaded(KEY, '9000', 1234);
    expect(await samples(prometheus, 'WorkerLoadTime')).toEqual([
      'WorkerLoadTime{WorkerName="W-9000-m_1.0",Level="Host",Hostname="host"} 1234',
    ]);
  });

  it('lose their series when they are stopped, not when they died and are started again', async () => {
    const prometheus = create();
    prometheus.metrics.workerLoaded(KEY, '9000', 1);
    prometheus.metrics.workerLoaded(KEY, '9001', 2);
    prometheus.metrics.workerDied(KEY, '9000');
    expect(await samples(prometheus, 'WorkerLoadTime')).toHaveLength(2);
    prometheus.metrics.workerStopped(KEY, '9000');
    expect(await samples(prometheus, 'WorkerLoadTime')).toEqual([expect.stringContaining('W-9001-m_1.0')]);
  });

  it('and the queue are shown as they are now, deaths as a count', async () => {
    const prometheus = create();
    prometheus.metrics.workersReady(KEY, 2);
    prometheus.metrics.queueLength(KEY, 7);
    prometheus.metrics.workerDied(KEY, '9000');
    prometheus.metrics.workersReady(KEY, 1);
    const names = ['marserve_queue_length', 'marserve_workers_ready', 'marserve_workers_died_total'];
    expect(await samples(prometheus, ...names)).toEqual([
      'marserve_queue_length{model_name="m",model_version="1.0"} 7',
      'marserve_workers_ready{model_name="m",model_version="1.0"} 1',
      'marserve_workers_died_total{model_name="m",model_version="1.0"} 1',
    ]);
  });
});

describe('a version that is removed', () => {
  it('takes all its series along, and the model’s with the last of them', async () => {
    const prometheus = create();
    const before = await modelSeries(prometheus);
    exercise(prometheus, KEY);
    exercise(prometheus, { name: 'm', version: '2.0' });
    prometheus.metrics.versionRemoved(KEY);
    const between = await modelSeries(prometheus);
    expect(between.filter((line) => line.includes('1.0'))).toEqual([]);
    expect(between).toContain('HandlerTime{ModelName="m",Level="Model",Hostname="host"} 20');
    expect(between).toContain('Own_m{ModelName="m",Level="Model",Hostname="host",stage="pre"} 2');
    prometheus.metrics.versionRemoved({ name: 'm', version: '2.0' });
    expect(await modelSeries(prometheus)).toEqual(before);
  });

  it('leaves nothing behind in 200 rounds, each with a model and workers of its own', async () => {
    const prometheus = create();
    const before = await modelSeries(prometheus);
    for (let round = 0; round < 200; round += 1) {
      const key = { name: `m${round}`, version: '1.0' };
      exercise(prometheus, key);
      prometheus.metrics.versionRemoved(key);
    }
    expect(await modelSeries(prometheus)).toEqual(before);
  });

  it('starts from zero when it is registered again', async () => {
    const prometheus = create();
    exercise(prometheus, KEY);
    prometheus.metrics.versionRemoved(KEY);
    prometheus.metrics.workerDied(KEY, '9001');
    expect(await samples(prometheus, 'marserve_workers_died_total')).toEqual([
      'marserve_workers_died_total{model_name="m",model_version="1.0"} 1',
    ]);
  });

  it('may be one that nothing was ever counted for', async () => {
    const prometheus = create();
    prometheus.metrics.versionRemoved(KEY);
    prometheus.metrics.requestReceived('m', undefined);
    prometheus.metrics.versionRemoved(KEY);
    expect(await samples(prometheus, 'ts_inference_requests_total')).toEqual([]);
  });
});

/** Every line but those of the process and of the host as a whole. */
async function modelSeries(prometheus: PrometheusMetrics): Promise<string[]> {
  const { body } = await prometheus.render();
  return body.split('\n').filter((line) => !/nodejs_|process_|Level="Host",Hostname="host"} [\d.]+$/.test(line));
}
