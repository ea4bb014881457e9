import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { ProcessSource, type StartedProcess } from './process-source.ts';

/** Ended with the test. */
function createSource(): ProcessSource {
  const source = new ProcessSource({});
  onTestFinished(() => source.close());
  return source;
}

/** A process that the source has no more to do with. */
function take(source: ProcessSource): StartedProcess {
  const taken = source.take();
  onTestFinished(async () => {
    taken.memory?.close();
    if (hasEnded(taken)) return;
    const exit = once(taken.child, 'exit');
    taken.child.kill('SIGKILL');
    await exit;
  });
  return taken;
}

const hasEnded = ({ child }: StartedProcess) => child.exitCode !== null || child.signalCode !== null;

it('gives what was started ahead, each once, and a new one then', () => {
  const source = createSource();
  source.prepare(2);
  const pids = [take(source), take(source), take(source)].map(({ child }) => child.pid ?? 0);
  expect(new Set(pids).size).toBe(3);
  expect([...pids].sort((one, other) => one - other)).toEqual(pids);
});

it.runIf(process.platform === 'linux')('gives none that has died meanwhile', async () => {
  const source = createSource();
  const before = childPids();
  source.prepare(1);
  const [pid = 0] = childPids().filter((child) => !before.includes(child));
  process.kill(pid, 'SIGKILL');
  await expect.poll(childPids).not.toContain(pid);
  const taken = take(source);
  expect(taken.child.pid).not.toBe(pid);
  expect(hasEnded(taken)).toBe(false);
});

function childPids(): number[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number);
}

it('ends what nobody has taken, and leaves alone what somebody has', async () => {
  const source = createSource();
  source.prepare(2);
  const taken = take(source);
  await source.close();
  expect(hasEnded(taken)).toBe(false);
  const next = take(source);
  expect(hasEnded(next)).toBe(false);
});
