import { expect, it } from 'vitest';
import { MAX_LOG_DEPTH } from '../../wire/worker-message.ts';
import { logMessage } from './log-message.ts';

it('carries what JSON can hold as it is, and large integers as texts', () => {
  expect(logMessage('info', 'loaded', { labels: 3, id: 2n ** 60n })).toEqual({
    kind: 'log',
    level: 'info',
    message: 'loaded',
    fields: { labels: 3, id: '1152921504606846976' },
  });
});

it('shows messages that are no texts', () => {
  expect(logMessage('warn', { a: 1 })).toEqual({ kind: 'log', level: 'warn', message: '{ a: 1 }' });
});

const circle: Record<string, unknown> = {};
circle.self = circle;
const nested = (depth: number): object => (depth === 0 ? {} : { in: nested(depth - 1) });

it.each([
  ['go round in a circle', circle],
  [
    'throw when they are looked at',
    {
      get bad(): never {
        throw new Error('no');
      },
    },
  ],
  ['are deeper than the wire takes', nested(MAX_LOG_DEPTH + 2)],
])('shows fields as a text that %s', (_, fields) => {
  expect(logMessage('error', 'm', fields).fields).toEqual({ shown: expect.any(String) });
});

it('cuts what is long', () => {
  const { message, fields } = logMessage('info', 'x'.repeat(10_000), { text: 'y'.repeat(100_000) });
  expect(message).toHaveLength(8192);
  expect(fields).toEqual({ cut: expect.stringMatching(/^\{"text":"y+$/) });
  expect(fields?.cut).toHaveLength(65_536);
});
