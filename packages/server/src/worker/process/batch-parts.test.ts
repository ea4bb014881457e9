import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { NO_ASKS, nobodyToAsk } from '../../test-support/no-asks.ts';
import { scriptedRun } from '../../test-support/run-frame.ts';
import type { Message } from '../../wire/message.ts';
import { BatchParts } from './batch-parts.ts';
import { loadModel } from './load-model.ts';
import { runBatch } from './run-batch.ts';

const HANDLER = `
  async function* count(to) { for (let n = 1; n <= to; n += 1) yield String(n); }
  async function* none() {}
  async function* upset() { yield 'first'; throw new Error('upset'); }
  async function* untilGone(signal) {
    yield 'waiting';
    await new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', resolve)));
    yield 'nobody sees this';
  }
  export async function handle(rows, context) {
    if (!rows) return;
    const results = rows.map(({ body }, row) => {
      if (body === 'none') return none();
      if (body === 'upset') return upset();
      if (body === 'wait') return untilGone(context.getSignal(row));
      return body.startsWith('count ') ? count(Number(body.slice(6))) : body;
    });
    for (const [row, { body }] of rows.entries()) {
      if (body !== 'sent') continue;
      await context.sendPart(row, 'a');
      await context.sendPart(row, 'b');
      results[row] = 'c';
    }
    return results;
  }
`;

interface Part {
  readonly text: string;
  readonly isLast: boolean;
}

async function run(bodies: readonly string[], onPart = (_parts: BatchParts) => {}) {
  const modelDir = await mkdtemp(join(tmpdir(), 'batch-parts-test-'));
  onTestFinished(() => rm(modelDir, { recursive: true, force: true }));
  await writeFile(join(modelDir, 'handler.mjs'), HANDLER);
  const manifest = { runtime: 'node', model: { modelName: 'm', modelVersion: '1.0', handler: 'handler.mjs' } };
  const limits = { maxResponseBytes: 1000, partsAhead: { parts: 100, bytes: 1000 }, ...NO_ASKS };
  const facts = { modelConfig: '{}', batchSize: 32, gpuId: -1, serverVersion: 'test' };
  const model = await loadModel({ kind: 'load', modelDir, manifest, ...facts, ...limits }, { tell() {} });
  const sent = bodies.map((): Part[] => []);
  const send = (message: Message, payload: readonly Uint8Array[]) => {
    if (message.kind !== 'part') return;
    const { result, isLast, request } = message;
    const text = result?.ok === false ? result.error.message : Buffer.concat(payload).toString();
    sent[request]?.push({ text, isLast });
    onPart(parts);
  };
  const parts = new BatchParts({ id: 1, model, send, ask: nobodyToAsk });
  const frame = scriptedRun(
    1,
    bodies.map((body) => ({ contentType: 'text/plain', body })),
  );
  const { reply } = await runBatch(model, { frame }, parts);
  return { sent, reply, parts };
}

const texts = (sent: readonly Part[] | undefined) => sent?.map(({ text, isLast }) => (isLast ? `${text}.` : text));

it('whole answers beside one in parts leave as their only part, and the reply has none of them', async () => {
  const { sent, reply } = await run(['whole', 'count 3', 'sent', 'none']);
  expect(sent.map(texts)).toEqual([['whole.'], ['1', '2', '3', '.'], ['a', 'b', 'c', '.'], ['.']]);
  expect(reply.results).toEqual([null, null, null, null]);
});

it('a batch without parts sends none', async () => {
  const { sent, reply } = await run(['one', 'two']);
  expect(sent).toEqual([[], []]);
  expect(reply.results.map((result) => result?.ok)).toEqual([true, true]);
});

it('an answer that fails on its way ends with the reason, beside others that go on', async () => {
  const { sent } = await run(['upset', 'count 2']);
  expect(sent.map(texts)).toEqual([
    ['first', 'Prediction failed: upset.'],
    ['1', '2', '.'],
  ]);
});

it('a request that nobody waits for is told so, and its parts stay', async () => {
  const { sent } = await run(['wait', 'count 2'], (parts) => parts.cancel(0));
  expect(texts(sent[0])).toEqual(['waiting', '.']);
  expect(texts(sent[1])).toEqual(['1', '2', '.']);
});

it('parts after the end of the batch are nothing, and rows that are not in it are refused', async () => {
  const { parts, sent } = await run(['count 1']);
  const before = sent[0]?.length;
  await parts.sendPart(0, 'late');
  expect(sent[0]).toHaveLength(before ?? 0);
  expect(() => parts.signal(7)).toThrow('there is no row 7');
});
