import { describe, expect, it } from 'vitest';
import { isRetried, runsAlone } from './retry-policy.ts';

describe('a job over which workers died', () => {
  it('runs with others after the first death, and alone from the second on', () => {
    expect(runsAlone({ deaths: 0, deathsAlone: 0 })).toBe(false);
    expect(runsAlone({ deaths: 1, deathsAlone: 1 })).toBe(false);
    expect(runsAlone({ deaths: 2, deathsAlone: 0 })).toBe(true);
  });

  it('runs again until a second worker died that ran it alone', () => {
    expect(isRetried({ deaths: 1, deathsAlone: 1 })).toBe(true);
    expect(isRetried({ deaths: 3, deathsAlone: 1 })).toBe(true);
    expect(isRetried({ deaths: 2, deathsAlone: 2 })).toBe(false);
    expect(isRetried({ deaths: 4, deathsAlone: 2 })).toBe(false);
  });
});
