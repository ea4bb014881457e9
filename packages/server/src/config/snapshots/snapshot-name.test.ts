import { describe, expect, it } from 'vitest';
import { newestFirst, nextName } from './snapshot-name.ts';

const NOON = new Date('2025-03-17T12:00:00.123Z');

describe('the names of snapshots', () => {
  it('say when and why they were written', () => {
    expect(nextName('startup', [], NOON)).toBe('20250317120000123-startup.cfg');
  });

  it('are in the order of writing, even within a millisecond', () => {
    const first = nextName('startup', [], NOON);
    const second = nextName('snapshot', [first], NOON);
    const third = nextName('shutdown', [first, second], NOON);
    expect([second, third]).toEqual(['20250317120000124-snapshot.cfg', '20250317120000125-shutdown.cfg']);
    expect(newestFirst([second, first, third])).toEqual([third, second, first]);
  });

  it('are in the order of writing, even when the clock goes back', () => {
    const tomorrow = '20250318000000000-shutdown.cfg';
    expect(nextName('startup', ['20240101000000000-startup.cfg', tomorrow], NOON)).toBe(
      '20250318000000001-startup.cfg',
    );
  });

  it('carry over into the next second, day and year', () => {
    expect(nextName('snapshot', ['20991231235959999-startup.cfg'], NOON)).toBe('21000101000000000-snapshot.cfg');
  });

  it('are told from those of other files', () => {
    const others = ['.20250317120000123-startup.cfg.tmp', 'config.properties', '2025-startup.cfg', '.daemon'];
    expect(newestFirst([...others, '20250317120000123-startup.cfg'])).toEqual(['20250317120000123-startup.cfg']);
  });
});
