import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../test-support/temporary-folder.ts';
import { assertNoDaemon, claimPidFile, findDaemon } from './pid-file.ts';
import { identify } from '../process-identity.ts';

const pidFileIn = async () => path.join(await temporaryFolder(), 'server.pid');

/** A process that lives until the test ends. */
function startProcess(): number {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(async () => {
    child.kill();
    await once(child, 'exit');
  });
  return child.pid ?? 0;
}

const record = (pid: number, startTime: string | undefined) =>
  `${pid}\n${JSON.stringify({ startTime, startedAt: '2026-01-01T00:00:00Z' })}\n`;

describe('a pid file', () => {
  it('names its holder in the first line, and where it listens', async () => {
    const file = await pidFileIn();
    const held = claimPidFile(file);
    expect(findDaemon(file)).toMatchObject({ pid: process.pid });
    held.record({ inference: 'http://127.0.0.1:8080' });
    expect(findDaemon(file)).toMatchObject({ pid: process.pid, addresses: { inference: 'http://127.0.0.1:8080' } });
    expect((await readFile(file, 'utf8')).split('\n')[0]).toBe(String(process.pid));
    held.release();
    expect(await readdir(path.dirname(file))).toEqual([]);
  });

  it('is refused while its holder lives', async () => {
    const file = await pidFileIn();
    const pid = startProcess();
    await writeFile(file, record(pid, identify(pid)?.startTime));
    const message = `model-server is already running (pid ${pid}). Stop it with: model-server --stop --pid-file ${file}`;
    expect(() => claimPidFile(file)).toThrow(message);
    expect(() => assertNoDaemon(file)).toThrow(message);
    expect(await readFile(file, 'utf8')).toContain(String(pid));
  });

  it.each([
    ['a process that is no more', () => record(2 ** 22 + 1, '1')],
    ['an id that was given to another process', () => record(startProcess(), '1')],
    ['no process at all', () => 'nonsense'],
    ['nothing', () => ''],
    ['a process, by its id alone', () => String(startProcess())],
  ])('is replaced when it names %s', async (_, content) => {
    const file = await pidFileIn();
    await writeFile(file, content());
    expect(findDaemon(file)).toBeUndefined();
    const held = claimPidFile(file);
    expect(findDaemon(file)).toMatchObject({ pid: process.pid });
    held.release();
    expect(await readdir(path.dirname(file))).toEqual([]);
  });

  it('is left alone on release when it is held by somebody else meanwhile', async () => {
    const file = await pidFileIn();
    const held = claimPidFile(file);
    await writeFile(file, record(1, '1'));
    held.release();
    expect(await readFile(file, 'utf8')).toBe(record(1, '1'));
  });

  it('must be one that can be written', () => {
    expect(() => claimPidFile('/no/such/folder/x.pid')).toThrow(
      /Cannot write the pid file \/no\/such\/folder\/x\.pid: ENOENT.*Choose another with --pid-file/,
    );
  });
});

describe('the identity of a process', () => {
  it('stays the same while it lives, and is gone afterwards', async () => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    const pid = child.pid ?? 0;
    expect(identify(pid)).toEqual(identify(pid));
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    expect(identify(pid)).toBeUndefined();
  });

  it('tells two processes apart', () => {
    expect(identify(1)?.startTime).not.toBe(identify(process.pid)?.startTime);
  });
});
