import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { FrameReader } from '../../wire/frame.ts';
import { Peer } from './peer.ts';

async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
  const [other] = await accepted;
  onTestFinished(() => {
    client.destroy();
    other.destroy();
    server.close();
  });
  return [client, other];
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const writtenBy = (socket: Socket) => socket.bytesWritten - socket.writableLength;

it('what is held leaves together at the end of the turn, or when it is released', async () => {
  const [socket, other] = await socketPair();
  const peer = new Peer(socket);
  peer.hold();
  peer.send({ kind: 'givenBack', ids: [1] });
  peer.hold();
  peer.send({ kind: 'givenBack', ids: [2] });
  expect([writtenBy(socket), peer.written() > 0]).toEqual([0, true]);
  await turn();
  const first = writtenBy(socket);
  expect(first).toBeGreaterThan(0);
  peer.hold();
  peer.send({ kind: 'givenBack', ids: [3] });
  expect(writtenBy(socket)).toBe(first);
  peer.release();
  expect(writtenBy(socket)).toBeGreaterThan(first);
  peer.send({ kind: 'givenBack', ids: [4] });
  const reader = new FrameReader({ maxBytes: 1e6, maxHeaderBytes: 1e6, maxBytesAhead: 1e6 });
  const texts: string[] = [];
  for await (const chunk of other) {
    for (const { text } of reader.push(chunk as Buffer)) texts.push(text);
    if (texts.length === 4) break;
  }
  expect(texts.map((text) => JSON.parse(text) as unknown)).toEqual([1, 2, 3, 4].map((id) => ({ ids: [id] })));
});
