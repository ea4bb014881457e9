/** Which model an answer is of, as the server says it in every protocol. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createV2Client, tensor, type ResponseHead } from '@marserve/client';
import { createV2GrpcClient } from '@marserve/client/grpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { sha256 } from '../helpers/sha256.ts';

const MODEL = sumAndDifferenceModel();
const DIGEST = sha256(MODEL);
const SUM = { inputs: { a: tensor('float32', [1, 2], [1, 2]), b: tensor('float32', [1, 2], [1, 2]) } };
const HANDLER = `export function handle(data, context) {
  return data?.map((_, row) => {
    context.setResponseHeader(row, 'x-own', 'yes');
    context.setResponseHeader(row, 'x-marserve-model', 'another/9');
    return 1;
  });
}`;

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon();
  const { store } = daemon;
  await addArchive(store, { name: 'sum', model: MODEL });
  await addArchive(store, { name: 'packed-again', version: '2.0', model: MODEL, files: { 'labels.json': '["a"]' } });
  await addArchive(store, { name: 'handler', source: HANDLER });
  await writeFile(path.join(store, 'bare.onnx'), MODEL);
  await registerModels(daemon, ['sum', 'packed-again', 'handler']);
  expect((await send(`${daemon.management}/models?url=bare.onnx&initial_workers=1`, { method: 'POST' })).status).toBe(
    200,
  );
});
afterAll(() => daemon?.close());

const identityOf = (headers: Headers) => [headers.get('x-marserve-model'), headers.get('x-marserve-model-digest')];

describe.each([
  ['sum', '1.0'],
  ['packed-again', '2.0'],
  ['bare', '1'],
])('the model %s', (name, version) => {
  const expected = [`${name}/${version}`, DIGEST];

  it('is told by answers of every protocol over REST', async () => {
    const { inference } = daemon;
    const instance = { a: [1, 2], b: [1, 2] };
    const tensors = ['a', 'b'].map((each) => ({ name: each, datatype: 'FP32', shape: [1, 2], data: [1, 2] }));
    const answers = await Promise.all([
      sendJson(`${inference}/predictions/${name}`, instance),
      sendJson(`${inference}/v1/models/${name}:predict`, { instances: [instance] }),
      sendJson(`${inference}/v2/models/${name}/infer`, { inputs: tensors }),
      sendJson(`${inference}/v2/models/${name}/versions/${version}/infer`, { inputs: tensors }),
      send(`${inference}/v1/models/${name}`),
    ]);
    for (const { status, headers } of answers) expect([status, ...identityOf(headers)]).toEqual([200, ...expected]);
  });

  it('is told by answers and metadata over gRPC', async () => {
    const client = createV2GrpcClient(daemon.grpcInference);
    const heads: ResponseHead[] = [];
    const onResponse = (head: ResponseHead) => void heads.push(head);
    await client.infer(name, SUM, { onResponse });
    await client.modelMetadata(name, { onResponse });
    await client.close();
    const found = heads.map(({ headers }) => [headers['x-marserve-model'], headers['x-marserve-model-digest']]);
    expect(found).toEqual([expected, expected]);
  });

  it('is told by metadata over REST, and by describe', async () => {
    const client = createV2Client(daemon.inference);
    expect(await client.modelMetadata(name)).toMatchObject({ properties: { version, digest: DIGEST } });
    await client.close();
    const described = (await send(`${daemon.management}/models/${name}`)).json<{ modelDigest: string }[]>();
    expect(described[0]?.modelDigest).toBe(DIGEST);
  });
});

it('a model without a file of its own has no digest, and its handler cannot say that it is another', async () => {
  const { headers } = await sendJson(`${daemon.inference}/predictions/handler`, 1);
  expect([...identityOf(headers), headers.get('x-own')]).toEqual(['handler/1.0', null, 'yes']);
});
