/** What nobody caught, and what could not be loaded, end no daemon. */
import { Agent, request } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { openConnection } from '../helpers/raw-connection.ts';

async function start(options: Parameters<typeof startDaemon>[0] = {}): Promise<Daemon> {
  const daemon = await startDaemon({
    ...options,
    fill: (store) => addArchive(store, { name: 'echo', source: ECHO }),
  });
  onTestFinished(() => daemon.close());
  return daemon;
}

/** In every process with this signal: two errors that nobody catches. */
const FAULTS = `
  process.on('SIGUSR2', () => {
    void Promise.reject(new Error('a rejection of nobody'));
    setImmediate(() => { throw new Error('an exception of nobody'); });
  });
`;

it('logs and counts what nobody caught, and goes on', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'marserve-test-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const faults = path.join(root, 'faults.mjs');
  await writeFile(faults, FAULTS);
  const daemon = await start({ env: { NODE_OPTIONS: `--import ${pathToFileURL(faults).href}` } });
  await registerModels(daemon, ['echo']);
  const count = async () => (await send(`${daemon.metrics}/metrics?name[]=marserve_internal_errors_total`)).text;
  expect(await count()).toMatch(/^marserve_internal_errors_total 0$/m);
  process.kill(daemon.pid, 'SIGUSR2');
  expect(await daemon.line('a rejection of nobody')).toContain('unhandledRejection');
  expect(await daemon.line('an exception of nobody')).toContain('uncaughtException');
  expect(await count()).toMatch(/^marserve_internal_errors_total 2$/m);
  expect((await sendJson(`${daemon.inference}/predictions/echo`, [1])).text).toBe('[1]');
  expect(await daemon.end()).toBe(0);
});

function get(url: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    })
      .on('error', reject)
      .end();
  });
}

it('answers the first request of the management API when there are no file descriptors left', async () => {
  const daemon = await start({ prefix: ['sh', '-c', 'ulimit -n 60 && exec "$@"', 'sh'] });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const manager = await openConnection(daemon.management);
  onTestFinished(() => void manager.destroy());
  const idle = await Promise.all(Array.from({ length: 80 }, () => openConnection(daemon.inference)));
  onTestFinished(() => idle.forEach((socket) => socket.destroy()));
  const answer = new Promise<string>((resolve) => {
    manager.once('data', (chunk: Buffer) => resolve(chunk.toString())).once('close', () => resolve('closed'));
  });
  manager.write('GET /models HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(await answer).toMatch(/^HTTP\/1\.1 200 /);
  idle.forEach((socket) => socket.destroy());
  await expect.poll(() => get(`${daemon.management}/models`, agent).catch(() => undefined)).toBe(200);
});
