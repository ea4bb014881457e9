import { expect, it } from 'vitest';
import { parseProcessStat } from './process-stat.ts';

const REST = '1 2 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 0';

it.each(['node', 'a b', ') Z 9 (', ''])('is read behind the name (%s)', (name) => {
  expect(parseProcessStat(`12 (${name}) S ${REST}\n`)).toEqual({ state: 'S', session: '7', startTime: '4242' });
});
