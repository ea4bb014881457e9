import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { untilAnswered } from './http.ts';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function listen(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('untilAnswered', () => {
  it('asks again until the status is 200, each time with the body', async () => {
    const asked: string[] = [];
    const url = await listen((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => asked.push(`${request.method} ${text}`));
      request.on('end', () => response.writeHead(asked.length < 3 ? 503 : 200).end());
    });
    await untilAnswered(url, { method: 'POST', body: Buffer.from('[1]'), contentType: 'a/b', timeoutMs: 60_000 });
    expect(asked).toEqual(['POST [1]', 'POST [1]', 'POST [1]']);
  });

  it('gives up in time when it is never answered', async () => {
    const url = await listen(() => {});
    await expect(untilAnswered(url, { timeoutMs: 50 })).rejects.toThrow(`${url} did not answer within 50 ms`);
  });

  it('gives up at once when the server has ended', async () => {
    const url = await listen(() => {});
    const ended = Promise.reject(new Error('it ended'));
    await expect(untilAnswered(url, { timeoutMs: 60_000, ended })).rejects.toThrow('it ended');
  });
});
