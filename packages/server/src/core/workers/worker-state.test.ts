import { describe, expect, it } from 'vitest';
import { transition } from './worker-state.ts';

describe('transition', () => {
  it('allows the normal way and the way back after a death', () => {
    expect(transition('starting', 'ready')).toBe('ready');
    expect(transition('ready', 'waiting')).toBe('waiting');
    expect(transition('waiting', 'starting')).toBe('starting');
  });

  it('refuses what cannot happen', () => {
    expect(() => transition('stopped', 'ready')).toThrow('a worker cannot go from stopped to ready');
    expect(() => transition('waiting', 'ready')).toThrow('from waiting to ready');
  });
});
