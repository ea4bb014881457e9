import { expect, it, vi } from 'vitest';
import { WORKER_IDLE, WORKER_RESERVED } from '../../wire/daemon-message.ts';
import { Turns } from './turns.ts';

function createTurns({ hasNext = (): boolean => false } = {}) {
  const shown: number[] = [];
  // All batches are quick by this clock, however long the machine pauses.
  const turns = new Turns({ write: (value) => void shown.push(value) }, hasNext, () => 0);
  const given: number[] = [];
  const asker = (id: number) => ({ id, send: () => void given.push(id) });
  return { turns, shown, given, asker };
}

it('gives a turn at once while nothing is computed, and shows that the worker is reserved', () => {
  const { turns, shown, given, asker } = createTurns();
  const first = asker(1);
  turns.want(first);
  expect([given, shown.at(-1)]).toEqual([[1], WORKER_RESERVED]);
  turns.came(first);
  turns.began(first);
  expect(shown.at(-1)).toBe(1);
  turns.ended();
  expect(shown.at(-1)).toBe(WORKER_IDLE);
});

it('gives turns in the order in which they were wanted, after the batch, to several where batches are quick', () => {
  const { turns, given, asker } = createTurns();
  const [first, second, third] = [asker(1), asker(2), asker(3)];
  turns.began(first);
  for (const each of [second, third, second]) turns.want(each);
  expect(given).toEqual([]);
  turns.ended();
  expect(given).toEqual([2, 3]);
});

it('passes a turn on that is not needed, and those of front ends that are gone', () => {
  const { turns, shown, given, asker } = createTurns();
  const [first, second, third] = [asker(1), asker(2), asker(3)];
  for (const each of [first, second, third]) turns.want(each);
  expect(given).toEqual([1]);
  turns.pass(first);
  expect(given).toEqual([1, 2]);
  turns.forget(third);
  turns.forget(second);
  expect([given, shown.at(-1)]).toEqual([[1, 2], WORKER_IDLE]);
});

it('takes a turn back that is not used for long: its front end may stand still', async () => {
  const { turns, given, asker } = createTurns();
  turns.want(asker(1));
  turns.want(asker(2));
  expect(given).toEqual([1]);
  await vi.waitFor(() => expect(given).toEqual([1, 2]));
});

it('does not show a worker as idle in which a batch waits', () => {
  const { turns, shown, asker } = createTurns({ hasNext: () => true });
  turns.began(asker(1));
  turns.ended();
  expect(shown.at(-1)).toBe(WORKER_RESERVED);
});
