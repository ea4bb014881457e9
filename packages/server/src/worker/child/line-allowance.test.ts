import { describe, expect, it } from 'vitest';
import { LineAllowance } from './line-allowance.ts';

function taken(allowance: LineAllowance, count: number, { bytes = 10, now = 0 } = {}): number {
  return Array.from({ length: count }, () => allowance.take(bytes, now)).filter(Boolean).length;
}

describe('LineAllowance', () => {
  it('is a thousand lines at once, and a thousand more each second', () => {
    const allowance = new LineAllowance(0);
    expect(taken(allowance, 5000)).toBe(1000);
    expect(taken(allowance, 5000, { now: 100 })).toBe(100);
    expect(taken(allowance, 5000, { now: 100_000 })).toBe(1000);
  });

  it('is a megabyte at once, and one more each second', () => {
    const allowance = new LineAllowance(0);
    expect(taken(allowance, 5000, { bytes: 8192 })).toBe(128);
    expect(taken(allowance, 5000, { bytes: 8192, now: 500 })).toBe(64);
  });
});
