import { expect, it } from 'vitest';
import { BatchDispatcher } from '../../core/batch-dispatcher.ts';
import { VersionStatistics } from '../../core/jobs/version-statistics.ts';
import { silent, uncounted } from '../../test-support/scripted-version.ts';
import { SETTINGS } from '../../test-support/version-settings.ts';
import { WORKER_IDLE } from '../../wire/daemon-message.ts';
import type { BoardReader } from '../../worker/host/board-reader.ts';
import type { WorkerState } from '../messages.ts';
import type { ConnectedWorker } from './connected-worker.ts';
import { ConnectedWorkers } from './connected-workers.ts';

const WORKER = { seat: 1, slot: 0 } as WorkerState;
/** The number of another front end. */
const OTHER = 2;

/** A worker of which the board says each of these in turn, then the last again and again. */
function frontEnd(shown: number[]) {
  const wanted: string[] = [];
  const channel = { inFlight: 0, run: () => new Promise(() => {}), hasRoom: () => true, turnMs: () => 0 };
  const worker = {
    worker: WORKER,
    channel,
    isOpen: true,
    isLeaving: false,
    hasTurn: false,
    isWanted: false,
    mergesJobs: false,
    want: () => void wanted.push('turn'),
  } as unknown as ConnectedWorker;
  const board = { readTo: () => Uint8Array.of(shown.length > 1 ? (shown.shift() as number) : (shown[0] as number)) };
  const workers = new ConnectedWorkers({
    peer: 1,
    board: board as unknown as BoardReader,
    connect: () => worker,
    hasWaitingJobs: () => dispatcher.queue.length > 0,
    onLeft: () => {},
  });
  const dispatcher: BatchDispatcher = new BatchDispatcher({
    key: { name: 'm', version: '1.0' },
    settings: SETTINGS,
    pool: workers,
    refusals: { ofNew: () => undefined, ofWaiting: () => undefined },
    onSubmitted: () => {},
    metrics: uncounted,
    statistics: new VersionStatistics(),
    logger: silent,
  });
  workers.update([WORKER]);
  const submit = () => {
    const answer = dispatcher.submit({ operation: 'predict', requestId: 'r', codec: 'c', headers: [], inputs: [] });
    answer.catch(() => {});
  };
  return { dispatcher, submit, wanted };
}

it('a job waits for no worker that has become idle while it was looked for', () => {
  const { dispatcher, submit, wanted } = frontEnd([OTHER, WORKER_IDLE]);
  submit();
  expect(dispatcher.queue.length).toBe(1);
  expect(wanted).toEqual(['turn']);
});

it('a worker that is idle is given the job, and asked for nothing', () => {
  const { dispatcher, submit, wanted } = frontEnd([WORKER_IDLE]);
  submit();
  expect(dispatcher.queue.length).toBe(0);
  expect(wanted).toEqual([]);
});
