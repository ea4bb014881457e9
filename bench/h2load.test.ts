import { describe, expect, it } from 'vitest';
import { readGrpcLoad } from './h2load.ts';

const output = (failed: number) => `
finished in 4.00s, 12345.50 req/s, 1.20MB/s
requests: 49382 total, 49390 started, 49382 done, ${49382 - failed} succeeded, ${failed} failed, 0 errored, 0 timeout
`;

describe('readGrpcLoad', () => {
  it('reads requests per second', () => {
    expect(readGrpcLoad(output(0))).toEqual({ throughput: 12345.5 });
  });

  it('refuses a measurement in which requests failed, and what is no result', () => {
    expect(() => readGrpcLoad(output(3))).toThrow('of 49382 requests some failed (3, 0 errors, 0 timeouts)');
    expect(() => readGrpcLoad('connect failed')).toThrow('h2load printed no result:\nconnect failed');
  });
});
