import { expect, it, vi } from 'vitest';

// Other files of this process may have something to be done when it ends.
vi.resetModules();
const { atExit } = await import('./at-exit.ts');

it('has one listener of the process, however much there is to be done, and none when that is over', () => {
  const before = process.listenerCount('exit');
  const over = Array.from({ length: 20 }, () => atExit(() => {}));
  expect(process.listenerCount('exit')).toBe(before + 1);
  for (const takeBack of over) takeBack();
  expect(process.listenerCount('exit')).toBe(before);
});

it('does all of it, whatever one throws', () => {
  const done: string[] = [];
  const over = [
    atExit(() => done.push('first')),
    atExit(() => {
      throw new Error('no');
    }),
    atExit(() => done.push('last')),
  ];
  over[0]?.();
  const listener = process.listeners('exit').at(-1) as () => void;
  listener();
  for (const takeBack of over) takeBack();
  expect(done).toEqual(['last']);
});
