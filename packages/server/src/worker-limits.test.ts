import { expect, it } from 'vitest';
import { workerLimits, workersAtStart } from './worker-limits.ts';

const GIB = 2 ** 30;

it('allows as many workers as cores and memory bear', () => {
  expect(workerLimits({}, { cores: 2, memoryBytes: 64 * GIB })).toEqual({ total: 128, perModel: 64 });
  expect(workerLimits({}, { cores: 8, memoryBytes: 4 * GIB })).toEqual({ total: 40, perModel: 40 });
  expect(workerLimits({}, { cores: 4, memoryBytes: GIB / 4 })).toEqual({ total: 8, perModel: 8 });
});

it('allows what the configuration says', () => {
  const resources = { cores: 2, memoryBytes: 64 * GIB };
  expect(workerLimits({ maxWorkersTotal: 10 }, resources)).toEqual({ total: 10, perModel: 10 });
  expect(workerLimits({ maxWorkersPerModel: 100 }, resources)).toEqual({ total: 128, perModel: 100 });
});

it('shares them among the models of the start', () => {
  const resources = { cores: 4, memoryBytes: 4 * GIB };
  const limits = workerLimits({}, resources);
  expect([0, 1, 10, 15, 30, 100].map((models) => workersAtStart(models, limits, resources))).toEqual([
    4, 4, 4, 2, 1, 1,
  ]);
});
