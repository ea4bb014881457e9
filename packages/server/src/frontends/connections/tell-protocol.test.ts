import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tellProtocol } from './tell-protocol.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** What is told of a connection, and all that is read on it afterwards. */
interface Told {
  readonly isHttp2: boolean;
  readonly bytes: Buffer;
}

describe('a new connection', () => {
  let server: Server;
  let told: (told: Told) => void = () => {};
  beforeAll(async () => {
    server = createServer({ allowHalfOpen: true }, (socket) => {
      tellProtocol(socket, 30_000, (isHttp2) => {
        const pieces: Buffer[] = [];
        socket.on('data', (piece: Buffer) => pieces.push(piece));
        socket.on('end', () => {
          told({ isHttp2, bytes: Buffer.concat(pieces) });
          socket.end();
        });
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  /** Sends bytes in pieces of a size, each in a turn of its own. */
  async function send(bytes: Buffer, step: number): Promise<Told> {
    const result = new Promise<Told>((resolve) => (told = resolve));
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true });
    for (let at = 0; at < bytes.length; at += step) {
      await new Promise((resolve) => socket.write(bytes.subarray(at, at + step), resolve));
      await new Promise(setImmediate);
    }
    socket.end();
    return result;
  }

  it.each([1, 2, 3, 5, 7, 16, 23, 24, 25, 1000])(
    'is of HTTP/2 with its preface, in pieces of %d bytes',
    async (step) => {
      const bytes = Buffer.concat([PREFACE, Buffer.alloc(40, 'frames')]);
      expect(await send(bytes, step)).toEqual({ isHttp2: true, bytes });
    },
  );

  it('is none with one byte that is another, wherever that is, and loses none', async () => {
    for (let at = 0; at < PREFACE.length; at += 1) {
      const bytes = Buffer.concat([PREFACE, Buffer.from('and more')]);
      bytes[at] = 0x7a;
      expect(await send(bytes, 1 + (at % 4))).toEqual({ isHttp2: false, bytes });
    }
  });

  it.each([
    'GET / HTTP/1.1\r\n\r\n',
    'POST / HTTP/1.1\r\n\r\n',
    'PUT',
    'PRI / HTTP/1.1\r\n\r\n',
    '\0',
    '\u0016\u0003\u0001',
  ])('is none with %j', async (text) => {
    const bytes = Buffer.from(text, 'latin1');
    expect(await send(bytes, 1)).toEqual({ isHttp2: false, bytes });
  });

  it.each(['', 'P', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r'])('that ends with %j is closed', async (text) => {
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(text);
    await once(socket.resume(), 'end');
    expect(socket.bytesRead).toBe(0);
    socket.destroy();
  });
});
