/** Whatever bytes a worker sends: they are messages that keep their promises, or an Error. */
import { expect, it } from 'vitest';
import { decodeWorkerMessage } from '../../packages/server/src/wire/decode-worker-message.ts';
import { encodeAsk, readAsk } from '../../packages/server/src/wire/ask-message.ts';
import { FrameReader, type Frame } from '../../packages/server/src/wire/frame.ts';
import { encodeMessage, kindOf } from '../../packages/server/src/wire/message.ts';
import { encodeReply, readReply } from '../../packages/server/src/wire/reply-message.ts';
import type { WorkerMessage } from '../../packages/server/src/wire/worker-message.ts';
import { mutate } from '../helpers/mutate.ts';
import { createRandom } from '../helpers/random.ts';

const LIMITS = { maxBytes: 1 << 20, maxHeaderBytes: 1 << 16, maxBytesAhead: 1 << 16 };
const STAGES = { decodeMs: 0.1, encodeMs: 0.2, handlerMs: 3, predictionMs: 3.5, inferenceMs: 2 };
const META = { contentType: 'application/json', headers: { 'X-A': 'b' }, status: 201, reason: 'Made' };

const SIGNATURE = { inputs: [{ name: 'x', type: 'float32', shape: [-1, 4] }], outputs: [] };

const REAL: readonly (readonly [WorkerMessage, string])[] = [
  [{ kind: 'loaded', signature: SIGNATURE, isBuiltIn: true }, ''],
  [{ kind: 'loadFailed', error: { code: 'worker_start_failed', message: 'no', stack: 'at x' } }, ''],
  [{ kind: 'reply', id: 7, results: [{ ok: true, meta: META, size: 5 }], stages: STAGES, residentBytes: 1e8 }, '[1,2]'],
  [
    {
      kind: 'reply',
      id: 8,
      results: [{ ok: false, error: { code: 'prediction', message: 'no', status: 422 } }],
      stages: STAGES,
    },
    '',
  ],
  [{ kind: 'part', id: 8, request: 1, result: { ok: true, meta: META, size: 3 }, isLast: false }, 'abc'],
  [
    {
      kind: 'part',
      id: 8,
      request: 0,
      result: { ok: false, error: { code: 'prediction', message: 'no' } },
      isLast: true,
    },
    '',
  ],
  [{ kind: 'part', id: 9, request: 2, isLast: true }, ''],
  [
    {
      kind: 'reply',
      id: 9,
      results: [null, { ok: true, meta: META, size: 2 }, { ok: true, meta: { ...META }, size: 1 }],
      stages: STAGES,
    },
    '{}!',
  ],
  [{ kind: 'givenBack', ids: [3, 4] }, ''],
  [{ kind: 'withdraw', id: 3 }, ''],
  [{ kind: 'samples', samples: [{ name: 'n', kind: 'gauge', values: [1], unit: 'ms', dimensions: { a: 'b' } }] }, ''],
  [{ kind: 'log', level: 'warn', message: 'careful', fields: { a: [1, { b: 2 }] } }, ''],
  [
    {
      kind: 'ask',
      id: 3,
      operation: 'predict',
      form: 'values',
      model: 'm',
      version: '',
      serial: 7,
      by: { batch: 7, requests: [1, 0, 31] },
      headers: ['x-request-id', 'é'],
      timeoutMs: 2500.5,
      isBackground: true,
    },
    'values',
  ],
  [
    {
      kind: 'ask',
      id: 2 ** 33,
      operation: 'describe',
      form: 'messages',
      model: 'm',
      version: '1.0',
      serial: 0,
      by: undefined,
      headers: [],
      timeoutMs: Infinity,
      isBackground: false,
    },
    '',
  ],
];

function read(bytes: Buffer): WorkerMessage[] {
  return new FrameReader(LIMITS).push(bytes).map((frame) => {
    const message = readMessage(frame);
    if (message.kind === 'reply') {
      const sizes = message.results.map((result) => (result?.ok === true ? result.size : 0));
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(frame.payload.length);
      for (const ms of Object.values(message.stages)) expect(Number(ms)).toBeGreaterThanOrEqual(0);
    }
    return message;
  });
}

function readMessage(frame: Frame): WorkerMessage {
  const kind = kindOf(frame);
  if (kind === 'reply') return readReply(frame);
  return kind === 'ask' ? readAsk(frame) : decodeWorkerMessage(frame);
}

function write(message: WorkerMessage, payload: string): Buffer {
  const behind = [Buffer.from(payload)];
  if (message.kind === 'reply') return Buffer.concat(encodeReply(message, behind));
  return Buffer.concat(message.kind === 'ask' ? encodeAsk(message, behind) : encodeMessage(message, behind));
}

it('are read as they were meant', () => {
  for (const [message, payload] of REAL) {
    expect(read(write(message, payload))).toEqual([message]);
  }
});

it('do no harm in 20,000 mutations', () => {
  const random = createRandom(8);
  let refused = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const [message, payload] = random.pick(REAL);
    const bytes = mutate(write(message, payload), random);
    try {
      read(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).name).not.toBe('AssertionError');
      expect(error).not.toBeInstanceOf(TypeError);
      expect((error as Error).message).not.toBe('');
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(5000);
});
