/** What the fast path takes for a plain request, node:http reads in the same way. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPlainHead } from '../../packages/server/src/frontends/fast-path/read-head.ts';
import { createRandom } from '../helpers/random.ts';

const PLAIN = 'POST /v2/models/m/infer?x=1 HTTP/1.1\r\nHost: localhost:8080\r\nContent-Length: 3\r\naccept: */*';

describe('against node:http', () => {
  let read: IncomingMessage | undefined;
  const server = createServer((request, response) => {
    read = request;
    request.resume().on('end', () => response.end());
  });

  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => server.close());

  /** How node:http reads what has these bytes; undefined when it refuses them. */
  async function byNode(bytes: string): Promise<IncomingMessage | undefined> {
    read = undefined;
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.end(bytes, 'latin1').resume();
    await once(socket, 'close');
    return read;
  }

  const PIECES = [
    '\r\n|\n|\r| |\t|:|,|;|\0|\u00e9|"|%|?|#|/|//|\\|{|<'.split('|'),
    ['Host: y', 'Content-Length: 3', 'content-length:03', 'Transfer-Encoding: identity', 'X-A: 1', 'HTTP/1.1', 'GET'],
  ].flat();

  it('whatever is taken for plain says the same there', async () => {
    const random = createRandom(Date.now() % 1_000_000);
    let taken = 0;
    for (let variant = 0; variant < 3000; variant += 1) {
      let head = PLAIN;
      for (let change = 0; change <= random.integer(0, 1); change += 1) {
        const at = random.integer(0, head.length - 1);
        const cut = random.pick([0, 0, 0, 1, 2, 5]);
        head = head.slice(0, at) + random.pick(PIECES) + head.slice(at + cut);
      }
      const plain = readPlainHead(head);
      if (plain === undefined) continue;
      taken += 1;
      const node = await byNode(`${head}\r\n\r\n${'x'.repeat(Math.min(plain.bodyBytes, 1000))}`);
      const message = `seed ${random.seed}: ${JSON.stringify(head)}`;
      if (plain.bodyBytes > 1000) continue;
      expect(node, message).toMatchObject({ method: plain.method, url: plain.target, complete: true });
      expect(node?.rawHeaders, message).toEqual(plain.rawHeaders);
    }
    expect(taken).toBeGreaterThan(300);
  });
});
