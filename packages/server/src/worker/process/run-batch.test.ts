import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { NO_ASKS, nobodyToAsk } from '../../test-support/no-asks.ts';
import { scriptedRun } from '../../test-support/run-frame.ts';
import { loadModel, type LoadedModel } from './load-model.ts';
import { BatchParts } from './batch-parts.ts';
import { runBatch } from './run-batch.ts';

interface Request {
  readonly contentType: string;
  readonly body: Buffer;
  /** The answer as text, or the message of its error. */
  readonly expected: string;
}

/** @param source of an ES module that is the handler */
async function load(source: string): Promise<LoadedModel> {
  const modelDir = await mkdtemp(join(tmpdir(), 'run-batch-test-'));
  onTestFinished(() => rm(modelDir, { recursive: true, force: true }));
  await writeFile(join(modelDir, 'handler.mjs'), source);
  const model = { modelName: 'm', modelVersion: '1.0', handler: 'handler.mjs' };
  return loadModel(
    {
      kind: 'load',
      modelDir,
      manifest: { runtime: 'node', model },
      modelConfig: '{}',
      batchSize: 32,
      gpuId: -1,
      serverVersion: 'test',
      maxResponseBytes: 1000,
      partsAhead: { parts: 4, bytes: 1000 },
      ...NO_ASKS,
    },
    { tell() {} },
  );
}

async function answer(model: LoadedModel, requests: readonly Request[]) {
  const frame = scriptedRun(
    1,
    requests.map(({ contentType, body }) => ({ contentType, body, headers: ['Content-Type', contentType] })),
  );
  const { reply, bodies } = await runBatch(
    model,
    { frame },
    new BatchParts({ id: 1, model, send() {}, ask: nobodyToAsk }),
  );
  const left = [...bodies];
  const answers = reply.results.map((result) =>
    result?.ok === true ? Buffer.from(left.shift() ?? []).toString() : result?.error.message,
  );
  return { answers, reply };
}

function jsonRequest(value: unknown, expected = JSON.stringify(value)): Request {
  return { contentType: 'application/json', body: Buffer.from(JSON.stringify(value)), expected };
}

/** Numbers come back plus one, text and bytes as they are; an object is an Error, and null cannot be sent. */
const MIXED = `
  const plusOne = (value) => (Array.isArray(value) ? value.map(plusOne) : value + 1);
  function answer({ body }) {
    if (Array.isArray(body)) return plusOne(body);
    if (body === null) return undefined;
    return typeof body === 'string' || body instanceof Uint8Array ? body : new Error('no ' + body.no);
  }
  export const handle = (rows) => rows && rows.map(answer);
`;

/** Request `index` of a sequence in which neighbours differ in size, form, type, and in whether they can be answered. */
function requestOf(index: number): Request {
  const [rows, columns] = [1 + (index % 3), (index * 7) % 30];
  const matrix = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) => index * 1000 + row * 100 + column),
  );
  const text = `${index} `.repeat(columns);
  if (index % 11 === 0) return jsonRequest({ no: index }, `Prediction failed: no ${index}`);
  if (index % 13 === 0) return jsonRequest(null, 'the handler returned undefined for this row; use null for no value');
  if (index % 17 === 0)
    return { contentType: 'application/json', body: Buffer.from(`[${index}`), expected: `[${index}` };
  if (index % 19 === 0)
    return jsonRequest(String(index).repeat(2000), expect.stringMatching(/^The answer has \d+ bytes/) as string);
  if (index % 5 === 0) return { contentType: 'application/octet-stream', body: Buffer.from(text), expected: text };
  if (index % 7 === 0) return { contentType: 'text/plain', body: Buffer.from(text), expected: text };
  return jsonRequest(matrix, JSON.stringify(matrix.map((values) => values.map((value) => value + 1))));
}

it('gives each of thousands of requests its own answer', async () => {
  const model = await load(MIXED);
  const requests = Array.from({ length: 5000 }, (_, index) => requestOf(index));
  for (let start = 0, size = 1; start < requests.length; start += size, size = 1 + ((size * 5) % 32)) {
    const batch = requests.slice(start, start + size);
    const { answers } = await answer(model, batch);
    expect(answers).toEqual(batch.map(({ expected }) => expected));
  }
});

it('tells how long decoding, the handler and encoding took; a handler without stages has none', async () => {
  const { stages } = (await answer(await load(MIXED), [jsonRequest([1, 2])])).reply;
  const { decodeMs, encodeMs, handlerMs, predictionMs, ...others } = stages;
  expect(others).toEqual({});
  expect(decodeMs + handlerMs + encodeMs).toBeCloseTo(predictionMs, 6);
});

it('answers every request when a handler empties the list that it gets, and when it fails after that', async () => {
  const source = `export function handle(rows) {
    const results = [];
    while (rows?.length > 0) results.push(rows.shift().body);
    if (results.includes('fail')) throw new Error('failed');
    return results;
  }`;
  const model = await load(source);
  const requests = ['a', 'b'].map((text) => jsonRequest(text, text));
  expect((await answer(model, requests)).answers).toEqual(['a', 'b']);
  expect((await answer(model, [...requests, jsonRequest('fail', '')])).answers).toEqual(
    Array.from({ length: 3 }, () => 'Prediction failed: failed'),
  );
});

it('keeps the headers that were set on an answer which fails, but for those of a body', async () => {
  const source = `export function handle(rows, context) {
    rows?.forEach(({ body }, row) => body === 'plain' || context.setResponseHeader(row, 'x-route', body));
    rows?.forEach((_, row) => context.setResponseContentType(row, 'text/plain'));
    return rows?.map(({ body }) => (body === 'fine' ? body : new Error(body)));
  }`;
  const requests = ['fine', 'bad', 'plain'].map((text) => jsonRequest(text, text));
  const { reply } = await answer(await load(source), requests);
  const [fine, bad, plain] = reply.results;
  expect(fine).toMatchObject({ ok: true, meta: { headers: { 'x-route': 'fine' } } });
  expect(bad).toMatchObject({ ok: false, error: { message: 'Prediction failed: bad', headers: { 'x-route': 'bad' } } });
  expect(plain).toMatchObject({ ok: false, error: expect.not.objectContaining({ headers: {} }) as object });
});
