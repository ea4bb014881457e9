import { describe, expect, it } from 'vitest';
import { resolveRegistration } from './registration.ts';

const settings = {
  batchSize: 1,
  maxBatchDelayMs: 0,
  responseTimeoutMs: 120_000,
  startupTimeoutMs: 120_000,
  retryWindowMs: 300_000,
  jobQueueSize: 100,
};
const server = { settings, workers: { min: 0, max: 0 } };

describe('resolveRegistration', () => {
  it('takes the server’s configuration when nobody says anything', () => {
    expect(resolveRegistration({ url: 'a.mar' }, {}, server)).toEqual({ settings, workers: { min: 0, max: 0 } });
  });

  it('lets the model’s config win over the server’s', () => {
    const { settings: resolved, workers } = resolveRegistration(
      { url: 'a.mar' },
      { batchSize: 4, minWorkers: 1, maxWorkers: 2 },
      server,
    );
    expect(resolved.batchSize).toBe(4);
    expect(workers).toEqual({ min: 1, max: 2 });
  });

  it('lets the request win over both', () => {
    const request = { url: 'a.mar', initialWorkers: 3, settings: { batchSize: 8, responseTimeoutMs: undefined } };
    const model = { batchSize: 4, responseTimeoutMs: 5000, minWorkers: 1, maxWorkers: 2 };
    const { settings: resolved, workers } = resolveRegistration(request, model, server);
    expect(resolved).toMatchObject({ batchSize: 8, responseTimeoutMs: 5000 });
    expect(workers).toEqual({ min: 3, max: 3 });
  });
});
