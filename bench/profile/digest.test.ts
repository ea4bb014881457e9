import { describe, expect, it } from 'vitest';
import { summarizeProfile } from './digest.ts';

const node = (id: number, functionName: string, url = '') => ({ id, callFrame: { functionName, url, lineNumber: 9 } });

describe('summarizeProfile', () => {
  it('gives each function its share of the time in which the process was busy, the largest first', () => {
    const nodes = [
      node(1, '(idle)'),
      node(2, 'decode', 'file:///somewhere/dist/wire/frame.js'),
      node(3, 'writev'),
      // The same function, called from elsewhere.
      node(4, 'writev'),
    ];
    const profile = { nodes, samples: [1, 2, 3, 4], timeDeltas: [5_000_000, 500_000, 750_000, 750_000] };
    expect(summarizeProfile(profile)).toEqual({
      seconds: 2,
      shares: [
        { place: 'writev', share: 0.75 },
        { place: 'decode wire/frame.js:10', share: 0.25 },
      ],
    });
  });
});
