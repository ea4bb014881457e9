import { describe, expect, it } from 'vitest';
import { readLoad } from './load.ts';

const NOTHING = { connect: 0, read: 0, write: 0, status: 0, timeout: 0 };

function wrkOutput(failed: object, requests = 3000): string {
  const report = { requests, microseconds: 1_500_000, failed, p50: 500, p90: 900, p99: 2500 };
  return `Running 1s test @ http://127.0.0.1:1/\n  1 threads and 8 connections\n\n${JSON.stringify(report)}\n`;
}

describe('readLoad', () => {
  it('reads requests, how many a second, and percentiles in milliseconds', () => {
    expect(readLoad(wrkOutput(NOTHING))).toEqual({ requests: 3000, throughput: 2000, p50: 0.5, p90: 0.9, p99: 2.5 });
  });

  it('refuses a measurement in which requests failed, and says how', () => {
    expect(() => readLoad(wrkOutput({ ...NOTHING, status: 12, timeout: 1 }))).toThrow(
      'of 3000 requests some failed (12 × status, 1 × timeout)',
    );
  });

  it('refuses a measurement without a request', () => {
    expect(() => readLoad(wrkOutput(NOTHING, 0))).toThrow('no answer at all');
  });

  it('refuses what is no report, and shows it', () => {
    expect(() => readLoad('unable to connect')).toThrow('wrk printed no result:\nunable to connect');
  });
});
