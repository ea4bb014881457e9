import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
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
    ['0, by which a signal would go to the whole group of who asks', () => record(0, undefined)],
    ['0 in more digits', () => record(0, undefined).replace('0', '000')],
  ])('is replaced when it names %s', async (_, content) => {
    const file = await pidFileIn();
    await writeFile(file, content());
    expect(findDaemon(file)).toBeUndefined();
    const held = claimPidFile(file);
    expect(findDaemon(file)).toMatchObject({ pid: process.pid });
    held.release();
    expect(await readdir(path.dirname(file))).toEqual([]);
  });

  it.each([
    ['a link to a file', (file: string) => symlink(path.join(path.dirname(file), 'precious'), file), 'is a link'],
    ['a link to nothing', (file: string) => symlink('/nowhere/at/all', file), 'is a link'],
    ['a folder', (file: string) => mkdir(file), 'is not a regular file'],
    ['a pipe', async (file: string) => void spawnSync('mkfifo', [file]), 'is not a regular file'],
  ])('is neither believed nor replaced when it is %s', async (_, make, problem) => {
    const file = await pidFileIn();
    const precious = path.join(path.dirname(file), 'precious');
    const own = record(process.pid, identify(process.pid)?.startTime);
    await writeFile(precious, own);
    await make(file);
    const before = await readdir(path.dirname(file));
    for (const use of [findDaemon, assertNoDaemon, claimPidFile]) {
      expect(() => use(file)).toThrow(new RegExp(`The pid file ${file} ${problem}.*choose another with --pid-file`));
    }
    expect(await readFile(precious, 'utf8')).toBe(own);
    expect(await readdir(path.dirname(file))).toEqual(before);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'is neither believed nor replaced when it is of another user (skipped but for root, who can make one)',
    async () => {
      const file = await pidFileIn();
      const content = record(process.pid, identify(process.pid)?.startTime);
      await writeFile(file, content);
      await chown(file, 12_345, 12_345);
      for (const use of [findDaemon, assertNoDaemon, claimPidFile]) {
        expect(() => use(file)).toThrow(`The pid file ${file} belongs to another user (id 12345; this is 0).`);
      }
      expect(await readFile(file, 'utf8')).toBe(content);
    },
  );

  it('is written without a name that others could have prepared', async () => {
    const file = await pidFileIn();
    const trap = path.join(path.dirname(file), 'trap');
    const names = [process.pid, `stale-${process.pid}`].map((suffix) => `${file}.${suffix}`);
    await writeFile(file, 'nonsense');
    for (const name of names) await symlink(trap, name);
    const held = claimPidFile(file);
    held.record({});
    held.release();
    expect(new Set(await readdir(path.dirname(file)))).toEqual(new Set(names.map((name) => path.basename(name))));
  });

  it('is left alone on release when it is held by another process with the same id', async () => {
    const file = await pidFileIn();
    const held = claimPidFile(file);
    await writeFile(file, record(process.pid, '1'));
    held.release();
    expect(await readFile(file, 'utf8')).toBe(record(process.pid, '1'));
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
