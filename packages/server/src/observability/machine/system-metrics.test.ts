import { describe, expect, it } from 'vitest';
import { createPrometheusMetrics } from '../metrics/prometheus.ts';
import { busyPercent, startSystemMetrics, type SystemSample } from './system-metrics.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** The first samples of a new watch. */
function firstSamples(count: number, intervalMs: number): Promise<SystemSample[]> {
  return new Promise((resolve) => {
    const samples: SystemSample[] = [];
    const watch = startSystemMetrics({
      intervalMs,
      logger: silent,
      onSample(sample) {
        if (samples.push(sample) < count) return;
        watch.stop();
        resolve(samples);
      },
    });
  });
}

describe('system metrics', () => {
  it('come at once, without waiting for the interval', async () => {
    const [sample] = await firstSamples(1, 1_000_000);
    expect(sample?.memory.used).toBeGreaterThan(1);
    expect(sample?.memory.available).toBeGreaterThan(1);
    expect(sample?.disk?.used).toBeGreaterThan(0);
    for (const percent of [sample?.cpuPercent, sample?.memory.percent, sample?.disk?.percent]) {
      expect(percent).toBeGreaterThanOrEqual(0);
      expect(percent).toBeLessThanOrEqual(100);
    }
  });

  it('come again at each interval', async () => {
    expect(await firstSamples(3, 10)).toHaveLength(3);
  });

  it('measure the processor between two readings', () => {
    expect(busyPercent({ busy: 100, idle: 100 }, { busy: 130, idle: 170 })).toBe(30);
    expect(busyPercent({ busy: 100, idle: 100 }, { busy: 100, idle: 100 })).toBe(0);
    expect(busyPercent({ busy: 100, idle: 100 }, { busy: 90, idle: 200 })).toBe(0);
  });

  it('stop for good', async () => {
    let count = 0;
    const watch = startSystemMetrics({ intervalMs: 1, logger: silent, onSample: () => (count += 1) });
    watch.stop();
    await firstSamples(5, 5);
    expect(count).toBe(0);
  });

  it('reach the metrics page', async () => {
    const prometheus = createPrometheusMetrics({ logger: silent, hostname: 'host', systemIntervalMs: 1_000_000 });
    const names = ['CPUUtilization', 'MemoryUsed', 'MemoryAvailable', 'MemoryUtilization'];
    const disk = ['DiskUsage', 'DiskAvailable', 'DiskUtilization'];
    const lines = async () => {
      const { body } = await prometheus.render([...names, ...disk]);
      return body.match(/^\w+\{Level="Host",Hostname="host"\} [\d.]+$/gm);
    };
    await expect.poll(lines).toHaveLength(7);
    prometheus.close();
  });
});
