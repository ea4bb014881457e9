import type { ChildProcess } from 'node:child_process';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeUntaken } from './handed-connections.ts';

/** Listens, says so, and does nothing more. */
const LISTENS = `
  require('node:net').createServer((socket) => socket.end('taken')).listen(0, '127.0.0.1');
  process.on('message', () => { while (true); });
`;

let folder: string;
let child: ChildProcess;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-cluster-'));
  await writeFile(path.join(folder, 'listens.cjs'), LISTENS);
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ exec: path.join(folder, 'listens.cjs'), args: [], execArgv: [], serialization: 'advanced' });
  const worker = cluster.fork();
  child = worker.process;
  closeUntaken(child);
  const [address] = (await once(worker, 'listening')) as [{ readonly port: number }];
  ({ port } = address);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it('a connection that its process has taken is its own', async () => {
  const socket = connect(port, '127.0.0.1');
  const [text] = (await once(socket, 'data')) as [Buffer];
  expect(text.toString()).toBe('taken');
  socket.destroy();
});

it('one that it has not taken when it dies is closed', async () => {
  // It reads nothing from now on.
  child.send('stand still');
  const send = child.send.bind(child) as (...args: unknown[]) => boolean;
  const handed = new Promise<void>((resolve) => {
    child.send = (...args: unknown[]) => {
      if ((args[0] as { act?: string }).act === 'newconn') resolve();
      return send(...args);
    };
  });
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  const closed = once(socket, 'close');
  await handed;
  child.kill('SIGKILL');
  await closed;
  expect(socket.destroyed).toBe(true);
});
