import { describe, expect, it } from 'vitest';
import { isRetried } from './retry-policy.ts';

describe('isRetried', () => {
  it('runs every job again after the first death, alone or not', () => {
    expect(isRetried({ deaths: 1, batchSize: 1 })).toBe(true);
    expect(isRetried({ deaths: 1, batchSize: 32 })).toBe(true);
  });

  it('runs the jobs of a batch that killed twice once more, and gives up the one that was alone', () => {
    expect(isRetried({ deaths: 2, batchSize: 32 })).toBe(true);
    expect(isRetried({ deaths: 2, batchSize: 1 })).toBe(false);
    expect(isRetried({ deaths: 3, batchSize: 1 })).toBe(false);
  });
});
