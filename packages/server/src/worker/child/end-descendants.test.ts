import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endDescendants, MARK_VARIABLE } from './end-descendants.ts';

/** A process with this mark, which has begun. */
const startMarked = (mark: string) => start({ [MARK_VARIABLE]: mark });

/** A process that leads a session and has begun. */
async function start(env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const source = "process.stdout.write('x'); setInterval(() => {}, 1000)";
  const child = spawn(process.execPath, ['-e', source], { detached: true, env });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

describe.runIf(process.platform === 'linux')('the processes that handlers have left', () => {
  it('end with their own worker, however many workers end at once', async () => {
    const marks = Array.from({ length: 6 }, () => randomUUID());
    const children = await Promise.all([...marks, ...marks].map(startMarked));
    const stays = await startMarked(`${marks[0]}0`);
    const ends = children.map((child) => once(child, 'exit'));
    await Promise.all(marks.map((mark) => endDescendants({ mark, session: undefined })));
    expect((await Promise.all(ends)).map(([, signal]: unknown[]) => signal)).toEqual(
      marks.flatMap(() => ['SIGKILL', 'SIGKILL']),
    );
    expect([stays.exitCode, stays.signalCode]).toEqual([null, null]);
  });

  it('end when their worker ends while others are looked for', async () => {
    const marks = [randomUUID(), randomUUID()] as const;
    const children = await Promise.all(marks.map(startMarked));
    const ends = children.map((child) => once(child, 'exit'));
    const first = endDescendants({ mark: marks[0], session: undefined });
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([first, endDescendants({ mark: marks[1], session: undefined })]);
    expect((await Promise.all(ends)).map(([, signal]: unknown[]) => signal)).toEqual(['SIGKILL', 'SIGKILL']);
  });

  it('end when they are in the session of their worker, whatever their environment', async () => {
    const [left, stays] = await Promise.all([start({}), start({})]);
    const end = once(left, 'exit');
    await endDescendants({ mark: randomUUID(), session: left.pid });
    expect((await end)[1]).toBe('SIGKILL');
    expect([stays.exitCode, stays.signalCode]).toEqual([null, null]);
  });
});
