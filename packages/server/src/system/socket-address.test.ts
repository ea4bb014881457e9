import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { canHoldSocket, socketAddress } from './socket-address.ts';

async function newFolder(name: string): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'marserve-address-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const folder = path.join(root, name);
  await mkdir(folder, { recursive: true });
  return folder;
}

it('is the path where that is short', async () => {
  const file = path.join(await newFolder('short'), 'socket');
  expect(socketAddress(file).address).toBe(file);
});

const LONG = ['long'.repeat(40), 'ü'.repeat(60), `${'a/'.repeat(100)}b`];

it.runIf(process.platform === 'linux').each(LONG)('reaches a socket in a folder of a long path (%#)', async (name) => {
  const file = path.join(await newFolder(name), 'socket');
  const [ours, theirs] = [socketAddress(file), socketAddress(file)];
  const server = createServer((socket) => socket.end('here')).listen(ours.address);
  await once(server, 'listening');
  expect((await stat(file)).isSocket()).toBe(true);
  const socket = connect(theirs.address).setEncoding('utf8');
  expect(await once(socket, 'data')).toEqual(['here']);
  theirs.close();
  await once(server.close(), 'close');
  ours.close();
});

it('says where a long path holds no socket', () => {
  const long = `/${'x'.repeat(120)}`;
  expect([canHoldSocket(long, 'linux'), canHoldSocket(long, 'darwin'), canHoldSocket('/x', 'darwin')]).toEqual([
    true,
    false,
    true,
  ]);
  expect(socketAddress(long, 'darwin').address).toBe(long);
});
