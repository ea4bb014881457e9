/** Bodies in very many chunks, which are read in turns: what comes of them, and of their connections. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, type Authority } from '../../packages/server/src/test-support/certificates.ts';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { createRandom } from '../helpers/random.ts';
import { inChunks, openConnection, readUntil, writeAll } from '../helpers/raw-connection.ts';

const MAX_BYTES = 1_000_000;
const random = createRandom(Date.now() % 1_000_000);

let authority: Authority;
let daemons: Readonly<Record<'http' | 'https', Daemon>>;

beforeAll(async () => {
  authority = await createAuthority('ca');
  const { key, cert } = await authority.issue('server');
  const start = async (config: Record<string, string | number>) => {
    const daemon = await startDaemon({
      config: { max_request_size: MAX_BYTES, ...config },
      fill: (store) => addArchive(store, { name: 'echo', source: ECHO }),
    });
    await registerModels(daemon, ['echo']);
    return daemon;
  };
  daemons = {
    http: await start({}),
    https: await start({ inference_address: 'https://127.0.0.1:0', private_key_file: key, certificate_file: cert }),
  };
});

afterAll(async () => {
  await Promise.all(Object.values(daemons).map((daemon) => daemon.close()));
  await authority.close();
});

async function open({ inference }: Daemon): Promise<Socket> {
  const { protocol, port } = new URL(inference);
  if (protocol === 'http:') return openConnection(inference);
  return connectTls({ host: '127.0.0.1', port: Number(port), ca: readFileSync(authority.own.cert) });
}

const HEAD =
  'POST /predictions/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n';

/** A text in which no two places look alike. */
const text = (bytes: number) => Buffer.from(random.bytes(bytes / 2).toString('hex'));

/** All that comes back until the connection is closed. */
async function exchange(daemon: Daemon, pieces: Iterable<Uint8Array | string>): Promise<string> {
  const socket = await open(daemon);
  const answer = readUntil(socket);
  await writeAll(socket, pieces);
  const received = await answer;
  socket.destroy();
  return received;
}

function* request(body: Buffer, chunkBytes: number): Iterable<Uint8Array | string> {
  yield HEAD;
  yield* inChunks(body, chunkBytes);
}

describe.each(['http', 'https'] as const)(`over %s (seed ${random.seed})`, (scheme) => {
  it.each([1, 3, 63])(
    'several at once, in chunks of %i bytes, are answered right, and end their connections',
    async (size) => {
      const bodies = [300_000, 100_000, 50_000, 400 * size].map(text);
      const answers = await Promise.all(bodies.map((body) => exchange(daemons[scheme], request(body, size))));
      const contents = answers.map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4));
      expect(contents).toEqual(bodies.map(String));
      for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*\r\nconnection: close\r\n/i);
    },
  );

  it('one that is too large is refused, however much more of it comes', async () => {
    expect(await exchange(daemons[scheme], request(text(1.2 * MAX_BYTES), 2))).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('what comes behind it is not taken for a request', async () => {
    const next = 'GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const answer = await exchange(daemons[scheme], [...request(text(20_000), 1), next.repeat(3)]);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  });

  it('what comes right behind it is not run either', async () => {
    const daemon = daemons[scheme];
    const next =
      'POST /predictions/echo HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: behind\r\nContent-Length: 0\r\n\r\n';
    const together = [...request(text(2000), 1)].map(String).join('') + next;
    expect((await exchange(daemon, [together])).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
    const last = next.replace('behind', 'last').replace('Host', 'Connection: close\r\nHost');
    expect(await exchange(daemon, [last])).toMatch(/^HTTP\/1\.1 200 /);
    await daemon.line('"last"');
    expect(daemon.output()).not.toContain('"behind"');
  });

  it('what is no chunk is refused', async () => {
    const [head, ...chunks] = request(text(200_000), 1);
    expect(await exchange(daemons[scheme], [head ?? '', ...chunks.slice(0, -1), 'nonsense\r\n'])).toMatch(
      /^HTTP\/1\.1 400 /,
    );
  });

  it('clients that leave in the middle harm nobody', async () => {
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const socket = await open(daemons[scheme]);
        await writeAll(socket, [...request(text(random.integer(2, 200_000)), 1)].slice(0, -1));
        socket.destroy();
      }),
    );
    expect(await exchange(daemons[scheme], request(Buffer.from('x'.repeat(500)), 1))).toMatch(/^HTTP\/1\.1 200 /);
    expect(daemons[scheme].output()).not.toMatch(/"level":"(error|fatal)"|last guard/);
  });

  it('few chunks leave the connection as it is', async () => {
    const socket = await open(daemons[scheme]);
    const both = readUntil(socket, (received) => received.split('HTTP/1.1 200').length === 3);
    await writeAll(socket, [...request(text(100), 1), ...request(text(100), 1)]);
    expect((await both).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
    socket.destroy();
  });
});
