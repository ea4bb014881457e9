import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createTensor } from '../tensor/tensor.ts';
import type { PredictorInputs } from './payload.ts';
import { openPredictor, type PredictorOperation } from './predictor.ts';
import { readTransformerOptions } from './transformer-options.ts';

interface Seen {
  readonly path: string;
  readonly type: string;
  readonly body: string;
}

/** A server that answers what it got as JSON; bodies named so fail, are text or bytes, or never end. */
async function openServer() {
  const seen: Seen[] = [];
  let open = 0;
  let most = 0;
  const ended: string[] = [];
  const server = createServer((request, response) => void answer(request, response));
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    most = Math.max(most, (open += 1));
    // A client that has left sends no more of it.
    const body = await buffer(request).then(String, () => 'never');
    const type = request.headers['content-type'] ?? '';
    seen.push({ path: request.url ?? '', type, body });
    response.on('close', () => {
      open -= 1;
      if (!response.writableFinished) ended.push(body);
    });
    if (body === 'fail') response.writeHead(422, { 'content-type': 'application/json' }).end('{"message":"bad one"}');
    else if (body === 'text') response.writeHead(200, { 'content-type': 'text/plain' }).end('a text');
    else if (body === 'bytes') response.writeHead(200).end(Buffer.from([1, 2]));
    else if (body !== 'never')
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const modelConfig = {
    predictor_host: `127.0.0.1:${port}`,
    predictor_protocol: 'torchserve',
    predictor_model_version: '2',
  };
  const predictor = await openPredictor(
    readTransformerOptions({ manifest: {}, modelConfig, modelName: 'm', modelDir: '/' } as never),
    {},
  );
  const ask = (inputs: PredictorInputs, operation: PredictorOperation = 'predict') =>
    predictor.ask(operation, inputs, {});
  return { seen, ended, ask, most: () => most };
}

describe('a predictor that speaks TorchServe’s protocol', () => {
  it('gets a request for each instance, each as what it is, and answers in their order', async () => {
    const { ask, seen } = await openServer();
    const instances = [
      [1, 2],
      { a: 1 },
      'text',
      'bytes',
      new Uint8Array([104, 105]),
      null,
      7,
      { a: new Uint8Array([104, 105]), b: [1] },
    ];
    const { predictions } = (await ask({ instances })) as { predictions: unknown[] };
    expect(predictions.slice(0, 7)).toEqual(['[1,2]', '{"a":1}', 'a text', Buffer.from([1, 2]), 'hi', 'null', '7']);
    expect(predictions[7]).toMatch(/name="a"; filename="a"[^]*\r\nhi\r\n[^]*name="b"\r\n\r\n\[1\]/);
    expect(seen.every(({ path }) => path === '/predictions/m/2')).toBe(true);
    const types = seen.map(({ type }) => type.split(';', 1)[0] ?? '').sort((one, other) => one.localeCompare(other));
    expect(types).toEqual([
      ...Array.from({ length: 4 }, () => 'application/json'),
      'application/octet-stream',
      'multipart/form-data',
      'text/plain',
      'text/plain',
    ]);
  });

  it('gets tensors as rows, explains, and has no more than 32 at a time', async () => {
    const { ask, seen, most } = await openServer();
    expect(await ask({ inputs: { x: createTensor('float32', [2, 1], [1, 2]) } })).toEqual({
      predictions: ['[1]', '[2]'],
    });
    expect(await ask({ instances: [1] }, 'explain')).toMatchObject({ explanations: ['1'] });
    expect(seen.at(-1)?.path).toBe('/explanations/m/2');
    const instances = Array.from({ length: 100 }, (_, index) => index);
    expect(await ask({ instances })).toEqual({ predictions: instances.map(String) });
    expect(most()).toBeLessThanOrEqual(32);
    expect(await ask({ instances: [] })).toEqual({ predictions: [] });
  });

  it('fails when one instance does, and asks for no others', async () => {
    const { ask, seen, ended } = await openServer();
    const instances = ['never', 'fail', ...Array.from({ length: 100 }, () => 'never')];
    await expect(ask({ instances })).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining('bad one') as string,
    });
    await expect.poll(() => seen.length - ended.length, { timeout: 30_000 }).toBe(1);
    expect(seen.length).toBeLessThanOrEqual(32);
  });
});
