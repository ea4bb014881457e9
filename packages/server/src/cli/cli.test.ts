import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile, mkdir } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../test-support/temporary-folder.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/model-server.js', import.meta.url));

const ANY_PORTS = ['inference', 'management', 'metrics'].flatMap((name) => [`--${name}-address`, 'http://127.0.0.1:0']);

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with an empty model store; what still runs there is stopped when the test ends. */
async function createSite() {
  const cwd = await temporaryFolder();
  await mkdir(path.join(cwd, 'store'));
  const env = { ...process.env, TMPDIR: cwd, LOG_LOCATION: '', NODE_OPTIONS: '' };
  const open = (args: readonly string[], extraEnv: NodeJS.ProcessEnv = {}) =>
    spawn(process.execPath, [PROGRAM, ...args], { cwd, env: { ...env, ...extraEnv }, stdio: 'pipe' });
  const run = (args: readonly string[], extraEnv?: NodeJS.ProcessEnv) => ended(open(args, extraEnv));
  const start = (args: readonly string[] = [], extraEnv?: NodeJS.ProcessEnv) =>
    run(['--model-store', 'store', ...ANY_PORTS, ...args], extraEnv);
  onTestFinished(async () => {
    if (existsSync(path.join(cwd, '.model_server.pid'))) await run(['--stop']);
  });
  return { cwd, open, run, start };
}

async function ended(child: ChildProcess): Promise<Ended> {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

/** Resolves when the process has written the text to stdout. */
function written(child: ChildProcess, text: string): Promise<void> {
  let output = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes(text)) resolve();
    });
    child.once('close', () => reject(new Error(`ended without "${text}":\n${output}`)));
  });
}

describe('model-server in the background', () => {
  it('starts, answers, shows its status, refuses a second start, and stops', async () => {
    const { cwd, run, start } = await createSite();
    const started = await start();
    expect(started).toMatchObject({ code: 0, stderr: '' });
    expect(started.stdout).toMatch(
      /log +logs\/marserve\.log\n +to stop +model-server --stop\nModel server started\.\n$/,
    );
    const inference = /inference +(\S+)/.exec(started.stdout)?.[1] ?? '';
    expect((await fetch(`${inference}/ping`)).status).toBe(200);

    const status = await run(['--status']);
    expect(status.code).toBe(0);
    expect(status.stdout).toMatch(/^model-server is running\.\n +pid +\d+\n +uptime +\d+ s\n/);
    expect(status.stdout).toContain(inference);

    const second = await start();
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(
      /^ERROR - model-server is already running \(pid \d+\)\. Stop it with: model-server --stop\n$/,
    );

    expect(await run(['--stop'])).toEqual({ code: 0, stdout: 'model-server has stopped.\n', stderr: '' });
    await expect(fetch(`${inference}/ping`)).rejects.toThrow('fetch failed');
    expect(await run(['--status'])).toMatchObject({ code: 3, stdout: 'model-server is not currently running.\n' });
    expect(await run(['--stop'])).toMatchObject({ code: 0, stdout: 'model-server is not currently running.\n' });
    const log = await readFile(path.join(cwd, 'logs/marserve.log'), 'utf8');
    expect(log).toContain('"msg":"listening"');
    expect(log.trimEnd().split('\n').at(-1)).toContain('"msg":"stopped"');
  });

  it('says which address is taken, and how to change it', async () => {
    const { start } = await createSite();
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { code, stderr } = await start(['--management-address', address]);
    expect(code).toBe(1);
    expect(stderr).toContain(`ERROR - Cannot open the management address ${address}: the port is taken`);
    expect(stderr).toContain('--management-address or management_address');
  });

  it('shows the end of the log when the daemon dies while it starts', async () => {
    const { cwd, start } = await createSite();
    await writeFile(path.join(cwd, 'crash.mjs'), "if (process.send) throw new Error('a fault');");
    const { code, stderr } = await start([], { NODE_OPTIONS: `--import=${path.join(cwd, 'crash.mjs')}` });
    expect(code).toBe(1);
    expect(stderr).toContain(
      'ERROR - The server ended while it started (exit code 1). The end of logs/marserve.log.err:\n',
    );
    expect(stderr).toContain('  Error: a fault\n');
  });

  it('lets one of many simultaneous starts win', async () => {
    const { start } = await createSite();
    const ends = await Promise.all([start(), start(), start()]);
    const losers = ends.filter(({ code }) => code !== 0);
    expect(losers).toHaveLength(2);
    expect(losers.every(({ code, stderr }) => code === 1 && stderr.includes('already running'))).toBe(true);
  });

  it('warns on stderr, and in the log', async () => {
    const { cwd, start } = await createSite();
    const { code, stderr } = await start(['--ppath', 'x'], { TS_BATCH_SIZE: '3' });
    expect(code).toBe(0);
    expect(stderr).toContain('WARNING - --ppath does nothing');
    expect(stderr).toContain('WARNING - TS_BATCH_SIZE: set but not used');
    expect(await readFile(path.join(cwd, 'logs/marserve.log'), 'utf8')).toContain('--ppath does nothing');
  });

  it('needs a place for its log', async () => {
    const { cwd, start } = await createSite();
    await writeFile(path.join(cwd, 'file'), '');
    const { code, stderr } = await start([], { LOG_LOCATION: 'file/logs' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ERROR - Cannot open the log file file\/logs\/marserve\.log: .*LOG_LOCATION/);
  });
});

describe('model-server in the foreground', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('logs on stdout and stops on %s', async (signal) => {
    const { open, run } = await createSite();
    const child = open(['--foreground', '--model-store', 'store', ...ANY_PORTS]);
    const end = ended(child);
    await written(child, 'Model server started.\n');
    expect((await run(['--status'])).code).toBe(0);
    child.kill(signal);
    const { code, stdout } = await end;
    expect(code).toBe(0);
    expect(stdout).toContain(`"signal":"${signal}","msg":"stopping"`);
    expect(stdout.indexOf('"msg":"listening"')).toBeLessThan(stdout.indexOf('Model server started.'));
    expect((await run(['--status'])).code).toBe(3);
  });

  it('goes on when nobody reads its log any more', async () => {
    const { open, run } = await createSite();
    const child = open(['--foreground', '--model-store', 'store', ...ANY_PORTS]);
    await written(child, 'Model server started.\n');
    child.stdout.destroy();
    const { stdout } = await run(['--status']);
    const inference = /inference +(\S+)/.exec(stdout)?.[1] ?? '';
    expect((await fetch(`${inference}/ping`)).status).toBe(200);
    expect((await fetch(`${inference}/ping`)).status).toBe(200);
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  });
});

describe('model-server', () => {
  it('shows its version and its help', async () => {
    const { run } = await createSite();
    expect((await run(['-v'])).stdout).toMatch(/^marserve \d+\.\d+\.\d+\n$/);
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('--job-queue-size');
  });

  it('exits 2 on wrong usage, and 1 on a wrong configuration', async () => {
    const { run } = await createSite();
    expect(await run(['--modelstore', 'x'])).toMatchObject({
      code: 2,
      stderr: 'ERROR - Unknown argument: modelstore. Did you mean --model-store?\nSee model-server --help.\n',
    });
    const { code, stderr } = await run(['--start', '--batch-size', '0']);
    expect(code).toBe(1);
    expect(stderr).toContain('--batch-size: expected auto or an integer from 1, came "0"');
    expect(stderr).toContain('Missing mandatory parameter --model-store');
  });
});
