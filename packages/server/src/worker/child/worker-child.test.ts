import { afterEach, expect, it } from 'vitest';
import { ServeError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { spawnWorker } from './spawn-worker.ts';
import { WorkerChild } from './worker-child.ts';

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
const children: WorkerChild[] = [];

/** A worker's process, which waits for its first message. */
function start(): WorkerChild {
  const child = new WorkerChild({ logger, onDropped() {}, ...spawnWorker({ memoryFd: undefined }) });
  children.push(child);
  return child;
}

afterEach(async () => {
  for (const child of children.splice(0)) child.kill(new ServeError('cancelled', 'the test is over'));
});

it('tells why it was killed; the first reason counts', async () => {
  const child = start();
  const reason = new ServeError('response_timeout', 'too slow');
  expect(child.isKilled).toBe(false);
  child.kill(reason);
  child.kill(new ServeError('worker_died', 'another'));
  expect(child.isKilled).toBe(true);
  expect(await child.exited).toMatchObject({ reason: 'too slow', killReason: reason, wasStopped: false });
});

it('tells how it ended by itself', async () => {
  const child = start();
  process.kill(child.pid ?? 0, 'SIGKILL');
  expect(await child.exited).toEqual({
    end: 'its process was killed by SIGKILL',
    reason: 'its process was killed by SIGKILL.',
    killReason: undefined,
    wasStopped: false,
  });
});

it('tells what it printed last, but not to the clients', async () => {
  const child = start();
  // A frame of 64 bytes, of a version that there is not.
  child.socket.write(Buffer.from(new Uint32Array(16).fill(64).buffer));
  const { end, reason } = await child.exited;
  expect(end).toBe('its process was killed by SIGKILL');
  expect(reason).toMatch(/^its process was killed by SIGKILL\. Its last words:\n.*version 64/s);
});

it('ends when it is asked to, which is no death', async () => {
  const child = start();
  // A worker whose socket closes ends itself.
  await child.stop(() => child.socket.destroy());
  expect(await child.exited).toMatchObject({ killReason: undefined, wasStopped: true });
});

it('is killed when it does not end after it was asked to', async () => {
  const child = start();
  await child.stop(() => {});
  expect(await child.exited).toMatchObject({ end: 'its process was killed by SIGKILL', wasStopped: true });
});
