import { describe, expect, it } from 'vitest';
import { createVersion } from '../../test-support/scripted-version.ts';
import { ModelRegistry } from '../registry/model-registry.ts';
import type { RegisteredVersion } from '../registry/registered-version.ts';
import { admitWorkers, hasRoom } from './worker-limits.ts';

const LIMITS = { perModel: 4, total: 6 };
const KEY = { name: 'new', version: '1.0' };

/** A registry with a version that has so many workers. */
function registryWith(workers: number): ModelRegistry {
  const registry = new ModelRegistry();
  const { version } = createVersion();
  // Workers are started and not waited for.
  version.scale(workers, workers).catch(() => {});
  registry.add({ key: version.key, serving: version } as RegisteredVersion);
  return registry;
}

const admit = (registry: ModelRegistry, min: number, max: number, isAsked = true) =>
  admitWorkers(KEY, { range: { min, max }, isAsked }, { registry, limits: LIMITS });

describe('a number of workers that was asked for', () => {
  it('is given up to the limits', () => {
    expect(admit(registryWith(2), 4, 4)).toEqual({ min: 4, max: 4 });
    expect(admit(registryWith(6), 0, 4)).toEqual({ min: 0, max: 4 });
  });

  it('is refused above the limit of one model, which is named', () => {
    expect(() => admit(registryWith(0), 1, 5)).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: expect.stringContaining('cannot have 5 workers: max_workers_per_model is 4') as string,
      }),
    );
  });

  it('is refused when the workers of others leave no room for it', () => {
    expect(() => admit(registryWith(3), 4, 4)).toThrow(
      'cannot have 4 workers: max_workers_total is 6, and other models have 3.',
    );
  });

  it('does not count the workers that the version has already', () => {
    const registry = registryWith(4);
    const key = { name: 'm', version: '1.0' };
    const range = { min: 4, max: 4 };
    expect(admitWorkers(key, { range, isAsked: true }, { registry, limits: LIMITS })).toEqual(range);
  });
});

describe('the default number of workers', () => {
  it('shrinks to what there is room for', () => {
    expect(admit(registryWith(4), 4, 4, false)).toEqual({ min: 2, max: 4 });
    expect(admit(registryWith(0), 8, 8, false)).toEqual({ min: 4, max: 4 });
  });

  it('is one at least, so that a full server refuses it', () => {
    expect(() => admit(registryWith(6), 4, 4, false)).toThrow('cannot have 1 workers');
  });

  it('stays none where none is wanted', () => {
    expect(admit(registryWith(6), 0, 2, false)).toEqual({ min: 0, max: 2 });
  });
});

describe('room for one more worker', () => {
  it('is there until the total is reached', () => {
    expect(hasRoom(registryWith(5), LIMITS)).toBe(true);
    expect(hasRoom(registryWith(6), LIMITS)).toBe(false);
  });
});
