import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MEASURING } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { checkMetrics, missingPrograms, startPrometheus } from '../helpers/prometheus.ts';

const missing = missingPrograms();

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({ fill: (store) => addArchive(store, { name: 'measuring', source: MEASURING }) });
  await registerModels(daemon, ['measuring']);
  for (let request = 0; request < 3; request += 1) await sendJson(`${daemon.inference}/predictions/measuring`, request);
  await send(`${daemon.inference}/predictions/nobody`);
});

afterAll(() => daemon.close());

const metrics = async (query = '') => (await send(`${daemon.metrics}/metrics${query}`)).text;

describe('the metrics of a daemon that served', () => {
  it('have TorchServe’s names and what they count', async () => {
    const text = await metrics();
    expect(text).toMatch(/^Requests4XX\{Level="Host",Hostname="[^"]+"\} 1$/m);
    expect(text).toMatch(
      /^ts_inference_requests_total\{model_name="measuring",model_version="default",hostname="[^"]+"\} 3$/m,
    );
    for (const name of [
      'ts_inference_latency_microseconds',
      'ts_queue_latency_microseconds',
      'QueueTime',
      'WorkerThreadTime',
      'WorkerLoadTime',
    ]) {
      expect(text).toMatch(new RegExp(`^${name}\\{.*\\} [\\d.e+-]+$`, 'm'));
    }
    for (const name of ['HandlerTime', 'PredictionTime', 'CPUUtilization', 'MemoryUsed', 'DiskUsage']) {
      expect(text).toMatch(new RegExp(`^${name}\\{.*\\} [\\d.e+-]+$`, 'm'));
    }
  });

  it('have the handler’s own, with their dimensions', async () => {
    const text = await metrics();
    expect(text).toMatch(/^Rows\{.*kind="good".*\} 3$/m);
    expect(text).toMatch(/^Depth\{.*\} 7$/m);
    expect(text).toMatch(/^Width_count\{.*\} 3$/m);
  });

  it('are filtered by name', async () => {
    const families = (await metrics('?name[]=Requests2XX&name[]=QueueTime')).match(/^# TYPE \w+/gm);
    expect(families?.map((line) => line.slice('# TYPE '.length)).toSorted()).toEqual(['QueueTime', 'Requests2XX']);
  });

  it.skipIf(missing !== undefined)(
    `pass promtool${missing === undefined ? '' : ` (skipped: ${missing})`}`,
    async () => {
      const complaints = checkMetrics(await metrics());
      expect(complaints.filter((complaint) => complaint.startsWith('marserve_'))).toEqual([]);
    },
  );

  it.skipIf(missing !== undefined)(
    `are scraped by a real Prometheus${missing === undefined ? '' : ` (skipped: ${missing})`}`,
    async () => {
      const prometheus = await startPrometheus(`${daemon.metrics}/metrics`);
      try {
        const [requests] = await prometheus.queryUntil(
          'ts_inference_requests_total{model_name="measuring",model_version="default"}',
        );
        expect(requests?.value).toBe(3);
        const [rows] = await prometheus.queryUntil('Rows{kind="good"}');
        expect(rows?.value).toBe(3);
        expect(await prometheus.target()).toMatchObject({ health: 'up' });
      } finally {
        await prometheus.close();
      }
    },
  );
});
