/** Units elsewhere: what they are asked, and what becomes of their answers. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { graphOf, unit } from '../../test-support/seldon-graphs.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A wrapper that answers as the table says, and what it was asked. */
async function wrapper(answers: Readonly<Record<string, unknown>>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      if (request.method === 'POST') asked.push(`${request.url} ${body}`);
      const answer = answers[request.url ?? ''];
      response.writeHead(answer === undefined ? 400 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer ?? { status: { status: 1, info: 'not that', code: -1 } }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  return { endpoint: { service_host: '127.0.0.1', service_port: port, type: 'REST' }, asked };
}

describe('a unit elsewhere', () => {
  it('is asked as a wrapper is', async () => {
    const { endpoint, asked } = await wrapper({
      '/transform-input': { strData: 'in' },
      '/api/v1.0/predictions': { strData: 'model' },
      '/transform-output': { strData: 'out' },
      '/route': { data: { ndarray: [[0]] } },
      '/aggregate': { strData: 'all' },
    });
    const methods = ['TRANSFORM_INPUT', 'TRANSFORM_OUTPUT', 'ROUTE', 'AGGREGATE'];
    const { call } = await graphOf(unit('u', { methods, endpoint }, unit('m', { type: 'MODEL', endpoint })));
    expect((await call({ strData: 'x' })).answer).toMatchObject({ strData: 'out', meta: { routing: { u: 0 } } });
    expect(asked).toEqual([
      '/transform-input {"strData":"x"}',
      '/route {"strData":"in"}',
      '/api/v1.0/predictions {"strData":"in"}',
      '/aggregate {"seldonMessages":[{"strData":"model"}]}',
      '/transform-output {"strData":"all"}',
    ]);
  });

  it('is told what came of a prediction', async () => {
    const { endpoint, asked } = await wrapper({ '/api/v1.0/feedback': { data: { ndarray: [] } } });
    const { call } = await graphOf(unit('m', { type: 'MODEL', endpoint }));
    expect((await call({ reward: 1 }, 'send-feedback')).answer).toEqual({ data: { ndarray: [] } });
    expect(asked).toEqual(['/api/v1.0/feedback {"reward":1}']);
  });

  it('that fails is named', async () => {
    const { endpoint } = await wrapper({});
    const { call } = await graphOf(unit('m', { type: 'MODEL', endpoint }));
    expect((await call({ strData: 'x' })).answer).toMatchObject({
      status: 400,
      message: expect.stringMatching(/^Unit "m": Predictor http.*not that/) as string,
    });
  });
});
