import { describe, expect, it } from 'vitest';
import { reasonToRecycle } from './recycle-policy.ts';

const MB = 2 ** 20;
const unlimited = { maxRequestsPerWorker: 0, maxWorkerBytes: 0 };

describe('reasonToRecycle', () => {
  it('keeps a worker for ever when nothing is limited', () => {
    expect(reasonToRecycle({ served: 1e9, residentBytes: 1e12 }, unlimited)).toBeUndefined();
  });

  it('replaces a worker that has answered as many requests as it may', () => {
    const limits = { ...unlimited, maxRequestsPerWorker: 100 };
    expect(reasonToRecycle({ served: 99, residentBytes: 0 }, limits)).toBeUndefined();
    expect(reasonToRecycle({ served: 100, residentBytes: 0 }, limits)).toContain('answered 100 requests');
  });

  it('replaces a worker that has grown above what it may hold', () => {
    const limits = { ...unlimited, maxWorkerBytes: 300 * MB };
    expect(reasonToRecycle({ served: 1, residentBytes: 300 * MB }, limits)).toBeUndefined();
    expect(reasonToRecycle({ served: 1, residentBytes: 301 * MB }, limits)).toContain('301 MB');
  });
});
