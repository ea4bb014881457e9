/** What `model-server --start` says of its models, and its exit code; as people and scripts run it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { SERVER_CLI } from '../helpers/daemon.ts';
import { NEVER } from '../helpers/restart.ts';

const ANY_PORTS = ['inference', 'management', 'metrics'].flatMap((name) => [`--${name}-address`, 'http://127.0.0.1:0']);

/** A folder with a model store, and the command in it; its server is stopped when the test ends. */
async function createSite(fill: (store: string) => Promise<unknown>) {
  const cwd = await mkdtemp(path.join(tmpdir(), 'marserve-start-'));
  await mkdir(path.join(cwd, 'store'));
  await fill(path.join(cwd, 'store'));
  const run = async (...args: string[]) => {
    const env = { ...process.env, TMPDIR: cwd, LOG_LOCATION: '' };
    const child = spawn(process.execPath, [SERVER_CLI, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, output };
  };
  onTestFinished(async () => {
    if (existsSync(path.join(cwd, '.model_server.pid'))) await run('--stop');
    await rm(cwd, { recursive: true, force: true });
  });
  const start = (...args: string[]) =>
    run('--start', '--model-store', 'store', '--default-workers-per-model', '1', ...ANY_PORTS, ...args);
  return { run, start };
}

async function fill(store: string): Promise<void> {
  await addArchive(store, { name: 'echo', source: ECHO });
  await addArchive(store, { name: 'failing', source: `throw new Error('no labels');` });
  await addArchive(store, { name: 'never', source: NEVER });
  await writeFile(path.join(store, 'broken.mar'), 'not a zip');
}

describe('model-server --start', () => {
  it('says of each model when it is ready', async () => {
    const { start } = await createSite(fill);
    const { code, output } = await start('--models', 'echo.mar', 'other=echo.mar');
    expect(code).toBe(0);
    expect(output).toMatch(/^ {2}echo\.mar {8}ready in \d+\.\d s \(echo 1\.0, 1 worker\)$/m);
    expect(output).toMatch(/^ {2}other=echo\.mar {2}ready in \d+\.\d s \(other 1\.0, 1 worker\)$/m);
    expect(output).toMatch(/\nModel server started\.\n$/);
  });

  it('says why one is not, and exits with another code', async () => {
    const { run, start } = await createSite(fill);
    const { code, output } = await start('--models', 'broken.mar', 'echo.mar', 'failing.mar', 'missing.mar');
    expect(code).toBe(4);
    expect(output).toMatch(/^ {2}broken\.mar {3}failed: .*broken\.mar/m);
    expect(output).toMatch(/^ {2}echo\.mar {5}ready in/m);
    expect(output).toMatch(/^ {2}failing\.mar {2}failed: .*no labels/m);
    expect(output).toMatch(/^ {2}missing\.mar {2}failed: Model not found at: missing\.mar$/m);
    expect(output).toMatch(/\nModel server started, but 3 of 4 models are not ready\.\n$/);
    const status = await run('--status');
    expect(status.code).toBe(4);
    expect(status.output).toMatch(/^model-server is running, but not ready\.\n/);
    expect(status.output).toMatch(/^ {2}broken\.mar {2,}failed: /m);
    expect(status.output).toMatch(/^ {2}failing 1\.0 {2,}failed: .*no labels/m);
    expect(status.output).toMatch(/^ {2}echo 1\.0 {2,}ready$/m);
    expect((await run('--stop')).code).toBe(0);
  });

  it('waits as long as it is told to', async () => {
    const { start } = await createSite(fill);
    const { code, output } = await start('--models', 'never.mar', 'echo.mar', '--wait', '3');
    expect(code).toBe(4);
    expect(output).toMatch(/^ {2}never\.mar {2}still starting after 3 s$/m);
  });

  it('does not wait when it is told not to', async () => {
    const { start } = await createSite(fill);
    const { code, output } = await start('--models', 'never.mar', '--no-wait');
    expect(code).toBe(0);
    expect(output).not.toContain('never.mar');
    expect(output).toMatch(/\nModel server started\.\n$/);
  });
});
