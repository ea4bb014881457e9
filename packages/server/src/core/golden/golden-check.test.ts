import { describe, expect, it } from 'vitest';
import { createVersion, ids, settled, submit, type ScriptedWorker } from '../../test-support/scripted-version.ts';
import { ServeError } from '../errors.ts';
import { goldenMismatch } from './golden-answer.ts';
import { GoldenCheck, type GoldenCodec, type GoldenRequest } from './golden-check.ts';
import type { Logger } from '../logger.ts';
import { whenReady } from '../registry/version-readiness.ts';

/** A scripted worker answers with the id of the request: here, that is the golden request's name. */
const codec: GoldenCodec = {
  toJob: ({ name }) => ({ operation: 'predict', requestId: name, codec: 'torchserve', headers: [], inputs: [] }),
  toAnswer: (outcome) =>
    outcome instanceof ServeError
      ? { status: 500, contentType: 'text/plain', body: Buffer.from(outcome.message) }
      : { contentType: 'text/plain', body: Buffer.from(outcome.meta as string) },
};

const request = (name: string, answer?: string): GoldenRequest => ({
  name,
  operation: 'predict',
  headers: {},
  inputs: [],
  ...(answer !== undefined && { expected: { kind: 'bytes', status: 200, body: Buffer.from(answer) } }),
});

function createCheck(...requests: GoldenRequest[]) {
  const { version, workers } = createVersion({ batchSize: 1 });
  const lines: string[] = [];
  const log = (message: string) => void lines.push(message);
  const logger: Logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
  const compare = async (...answers: Parameters<typeof goldenMismatch>) => goldenMismatch(...answers);
  const check = new GoldenCheck({ requests, serving: version, codec, compare, logger });
  const startWorkers = async (count: number) => {
    const scaled = version.scale(count, count);
    for (const worker of workers) worker.becomeReady();
    await scaled;
  };
  return { version, workers, check, lines, startWorkers };
}

/** Lets a worker answer what it was given and what it is given then, so many batches. */
async function answer(worker: ScriptedWorker | undefined, batches: number): Promise<void> {
  for (let count = 0; count < batches; count += 1) {
    worker?.answer();
    await settled();
  }
}

describe('golden requests', () => {
  it('are sent when the first worker is ready, before the requests that wait', async () => {
    const { version, workers, check, startWorkers } = createCheck(request('a', 'a'), request('b', 'b'));
    const scaled = version.scale(1, 1);
    void submit(version, 'client');
    expect(check).toMatchObject({ count: 2, status: 'not run', isOpen: true });
    workers[0]?.becomeReady();
    await scaled;
    await answer(workers[0], 2);
    expect(ids(workers[0])?.[0]).toEqual(['a']);
    await answer(workers[0], 2);
    expect(ids(workers[0])?.flat()).toEqual(expect.arrayContaining(['a', 'b', 'client']));
    expect(check).toMatchObject({ status: 'passed', isOpen: false, mismatch: undefined });
    await startWorkers(1);
  });

  it('fail with the name of the request and both answers, and the version is not fit to be the default', async () => {
    const { workers, check, startWorkers } = createCheck(request('a', 'a'), request('cat', 'dog'));
    await startWorkers(1);
    await answer(workers[0], 2);
    expect(check.status).toBe('failed');
    expect(check.mismatch).toMatch(/^golden request "cat": .*Expected answer: dog; this answer: cat$/);
    expect(() => check.assertRight()).toThrow(
      expect.objectContaining({
        code: 'default_version_not_ready',
        message: expect.stringMatching(
          /^Model "m" Version "1.0" is not served as default: golden request "cat": /,
        ) as string,
      }),
    );
  });

  it('decide whether an answer that came meanwhile may leave', async () => {
    for (const [expected, outcome] of [
      ['a', 'the answer'],
      ['b', 'default_version_not_ready'],
    ]) {
      const { workers, check, startWorkers } = createCheck(request('a', expected));
      const held = check.hold(Promise.resolve('the answer')).catch((error: ServeError) => error.code);
      await startWorkers(1);
      await answer(workers[0], 1);
      expect(await held).toBe(outcome);
    }
  });

  it('warm each worker that is ready, one more time for those that came later', async () => {
    const { version, workers, check, startWorkers } = createCheck(request('a'), request('b'));
    await startWorkers(1);
    await answer(workers[0], 2);
    await check.verify();
    expect(ids(workers[0])).toEqual([['a'], ['b']]);
    const scaled = version.scale(3, 3);
    for (const worker of workers) worker.becomeReady();
    await scaled;
    const verified = check.verify();
    await settled();
    expect(workers.map((worker) => ids(worker)?.length)).toEqual([3, 1, 1]);
    for (const worker of workers) await answer(worker, 2);
    await verified;
  });

  it('that could not be answered say nothing of the version', async () => {
    const { version, check, lines, startWorkers } = createCheck(request('a', 'a'));
    await startWorkers(1);
    await version.close(0);
    await expect.poll(() => lines).toContain('the golden requests could not be answered');
    expect(check).toMatchObject({ status: 'not run', isOpen: true, mismatch: undefined });
    await expect(check.verify()).rejects.toMatchObject({ code: 'shutting_down' });
  });

  it('may be asked again after a wrong answer', async () => {
    const { workers, check, startWorkers } = createCheck(request('a', 'b'));
    await startWorkers(1);
    await answer(workers[0], 1);
    const again = check.verify().catch((error: ServeError) => error.code);
    await settled();
    await answer(workers[0], 1);
    expect(await again).toBe('golden_mismatch');
    expect(ids(workers[0])).toEqual([['a'], ['a']]);
  });

  it('that are none are passed at once', async () => {
    const { check } = createCheck();
    expect(check).toMatchObject({ count: 0, status: 'passed', isOpen: false });
    await check.verify();
  });
});

describe('whenReady', () => {
  it('waits for as many workers as are asked for', async () => {
    const { version, workers } = createVersion();
    const scaled = version.scale(2, 2);
    let isReady = false;
    const ready = whenReady(version, 2).then(() => (isReady = true));
    workers[0]?.becomeReady();
    await settled();
    expect(isReady).toBe(false);
    workers[1]?.becomeReady();
    await ready;
    await scaled;
  });

  it('gives up with the reason as soon as one fails, or has failed', async () => {
    const { version, workers } = createVersion();
    version.scale(2, 2).catch(() => {});
    const ready = whenReady(version, 2);
    workers[0]?.becomeReady();
    workers[1]?.failToStart('no such file: labels.json');
    await expect(ready).rejects.toMatchObject({ code: 'worker_start_failed', message: 'no such file: labels.json' });
    await expect(whenReady(version, 2)).rejects.toThrow('no such file: labels.json');
    await whenReady(version, 1);
  });

  it('gives up when the version ends', async () => {
    const { version } = createVersion();
    void version.scale(1, 1);
    const ready = whenReady(version, 1).catch((error: ServeError) => error.message);
    await version.close(0);
    expect(await ready).toBe('Its workers were ended');
  });
});
