import { describe, expect, it } from 'vitest';
import { SETTINGS as settings } from '../../test-support/version-settings.ts';
import type { ModelDefaults } from './model-source.ts';
import { resolveRegistration } from './registration.ts';

const server = { settings, workers: { min: 0, max: 0 } };

describe('resolveRegistration', () => {
  it('takes the server’s configuration when nobody says anything', () => {
    expect(resolveRegistration({ url: 'a.mar' }, {}, server)).toEqual({
      settings,
      workers: { range: { min: 0, max: 0 }, isAsked: false },
    });
  });

  it('lets the model’s config win over the server’s', () => {
    const { settings: resolved, workers } = resolveRegistration(
      { url: 'a.mar' },
      { batchSize: 4, minWorkers: 1, maxWorkers: 2 },
      server,
    );
    expect(resolved.batchSize).toBe(4);
    expect(workers).toEqual({ range: { min: 1, max: 2 }, isAsked: true });
  });

  it('lets the request win over both', () => {
    const request = {
      url: 'a.mar',
      workers: { min: 3, max: 4 },
      settings: { batchSize: 8, responseTimeoutMs: undefined },
    };
    const model = { batchSize: 4, responseTimeoutMs: 5000, minWorkers: 1, maxWorkers: 2 };
    const { settings: resolved, workers } = resolveRegistration(request, model, server);
    expect(resolved).toMatchObject({ batchSize: 8, responseTimeoutMs: 5000 });
    expect(workers).toEqual({ range: { min: 3, max: 4 }, isAsked: true });
  });

  it('takes a greatest number of workers only from where the least number is said', () => {
    const workers = (model: ModelDefaults) =>
      resolveRegistration({ url: 'a.mar' }, model, { settings, workers: { min: 1, max: 5 } }).workers.range;
    expect(workers({ maxWorkers: 9 })).toEqual({ min: 1, max: 5 });
    expect(workers({ minWorkers: 2 })).toEqual({ min: 2, max: 2 });
    expect(workers({ minWorkers: 2, maxWorkers: 3 })).toEqual({ min: 2, max: 3 });
  });
});
