import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { scriptedRun } from '../../test-support/run-frame.ts';
import { BatchLine, type WaitingBatch } from './batch-line.ts';
import { Peer } from './peer.ts';

const [DAEMON, FRONT_END] = [new Peer(new Socket()), new Peer(new Socket())];

const batch = (id: number, peer = DAEMON): WaitingBatch => ({ peer, frame: scriptedRun(id, []) });

/** A line whose batches end when they are told to. */
function createLine() {
  const begun: WaitingBatch[] = [];
  const ends: (() => void)[] = [];
  const line = new BatchLine((next) => {
    begun.push(next);
    return new Promise((resolve) => ends.push(resolve));
  });
  return { line, begunIds: () => begun.map(({ frame }) => frame.id), begun, end: () => ends.shift()?.() };
}

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** As often as it takes, but not for ever. */
async function until(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns += 1) {
    if (turns > 10_000) throw new Error('it did not come');
    await turn();
  }
}

it('runs one batch at a time, in the order they came', async () => {
  const { line, begunIds, end } = createLine();
  const all = [1, 2, 3].map((id) => line.add(batch(id)));
  expect(begunIds()).toEqual([1]);
  end();
  await until(() => begunIds().length === 2);
  end();
  await until(() => begunIds().length === 3);
  end();
  await Promise.all(all);
  expect(begunIds()).toEqual([1, 2, 3]);
});

it('gives back what waits, from one batch on, and does not run it', async () => {
  const { line, begunIds, end } = createLine();
  const done = line.add(batch(1));
  for (const id of [2, 3, 4]) void line.add(batch(id));
  expect(line.giveBack(DAEMON, 3)).toEqual({ kind: 'givenBack', ids: [3, 4] });
  end();
  await until(() => begunIds().length === 2);
  end();
  await done;
  expect(begunIds()).toEqual([1, 2]);
});

it('gives back all that waits, nothing that runs, and goes on with what comes later', async () => {
  const { line, begunIds, end } = createLine();
  const done = line.add(batch(1));
  void line.add(batch(2));
  expect(line.giveBack(DAEMON, 1)).toEqual({ kind: 'givenBack', ids: [2] });
  expect(line.giveBack(DAEMON, 1)).toEqual({ kind: 'givenBack', ids: [] });
  void line.add(batch(3));
  end();
  await until(() => begunIds().length === 2);
  end();
  await done;
  expect(begunIds()).toEqual([1, 3]);
});

it('notes which requests of a batch that waits nobody waits for', async () => {
  const { line, begun, end } = createLine();
  void line.add(batch(1));
  void line.add(batch(2));
  line.cancel(DAEMON, { kind: 'cancel', id: 2, request: 0 });
  line.cancel(DAEMON, { kind: 'cancel', id: 2, request: 5 });
  line.cancel(DAEMON, { kind: 'cancel', id: 7, request: 1 });
  end();
  await until(() => begun.length === 2);
  expect(begun[1]?.cancelled).toEqual([0, 5]);
});

it('reads on after a batch that took long, before it begins one that comes then', async () => {
  const { line, begunIds, end } = createLine();
  const done = line.add(batch(1));
  const startedAt = performance.now();
  while (performance.now() - startedAt < 5);
  end();
  // What follows the end of a batch without a turn of the event loop.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  void line.add(batch(2));
  expect(line.giveBack(DAEMON, 2)).toEqual({ kind: 'givenBack', ids: [2] });
  await done;
  expect(begunIds()).toEqual([1]);
});

it('gives back, cancels and drops the batches of one peer alone, whatever numbers those of others have', async () => {
  const { line, begun, begunIds, end } = createLine();
  const done = line.add(batch(1));
  for (const [id, peer] of [
    [5, FRONT_END],
    [2, DAEMON],
    [6, FRONT_END],
    [3, DAEMON],
  ] as const)
    void line.add(batch(id, peer));
  expect(line.giveBack(DAEMON, 3)).toEqual({ kind: 'givenBack', ids: [3] });
  void line.add(batch(7, FRONT_END));
  line.cancel(DAEMON, { kind: 'cancel', id: 5, request: 0 });
  line.cancel(FRONT_END, { kind: 'cancel', id: 5, request: 1 });
  expect(line.giveBack(FRONT_END, 6)).toEqual({ kind: 'givenBack', ids: [6, 7] });
  end();
  await until(() => begunIds().length === 2);
  expect(begun[1]?.cancelled).toEqual([1]);
  line.drop(DAEMON);
  expect(line.length).toBe(0);
  void line.add(batch(8, FRONT_END));
  end();
  await until(() => begunIds().length === 3);
  end();
  await done;
  expect(begunIds()).toEqual([1, 5, 8]);
});
