/** How many connections there may be, and how long those may last that ask nothing. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, type Authority } from '../../packages/server/src/test-support/certificates.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send } from '../helpers/http.ts';
import { openConnection, readUntil } from '../helpers/raw-connection.ts';

const MOST = 3;
let authority: Authority;
let daemon: Daemon;
beforeAll(async () => {
  authority = await createAuthority();
  daemon = await startDaemon({
    config: {
      max_connections: MOST,
      keep_alive_timeout: 1,
      request_header_timeout: 1,
      metrics_address: 'https://127.0.0.1:0',
      private_key_file: authority.own.key,
      certificate_file: authority.own.cert,
    },
  });
});
afterAll(() => Promise.all([daemon.close(), authority.close()]));

/** The head of an answer; empty when the connection is closed without one. */
function ask(socket: Socket): Promise<string> {
  socket.write('GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return readUntil(socket, (text) => text.includes('"models"'));
}

/** Begins a request whose body is waited for: a connection that is neither idle nor late, however long the test takes. */
async function occupy(socket: Socket): Promise<void> {
  const asked = readUntil(socket, (text) => text.includes('\r\n\r\n'));
  socket.write('POST /models HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
  expect(await asked).toContain('100 Continue');
}

describe('an address', () => {
  it('takes so many connections, and others when some have gone', async () => {
    const open = () => openConnection(daemon.management);
    const taken = await Promise.all(Array.from({ length: MOST }, open));
    await Promise.all(taken.map(occupy));
    expect(await ask(await open())).toBe('');
    expect((await send(`${daemon.inference}/live`)).status).toBe(200);
    for (const socket of taken) socket.destroy();
    await expect
      .poll(async () => {
        const socket = await open();
        const answer = await ask(socket);
        socket.destroy();
        return answer;
      })
      .toContain('200 OK');
  });

  it('closes a connection that has been idle for keep_alive_timeout', async () => {
    const socket = await openConnection(daemon.management);
    expect(await ask(socket)).toContain('200 OK');
    socket.resume();
    await once(socket, 'end');
    socket.destroy();
  });

  it.each(['management', 'metrics'] as const)('closes one that says nothing (%s)', async (name) => {
    const { hostname, port } = new URL(daemon[name]);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.resume();
    await once(socket, 'close');
    expect(socket.destroyed).toBe(true);
  });
});
