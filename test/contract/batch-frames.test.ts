/** Batches and their answers on the wire: whatever is written is read, and what is cut short is refused. */
import { describe, expect, it } from 'vitest';
import { FrameReader, type Frame } from '../../packages/server/src/wire/frame.ts';
import { encodeReply, readReply, type ReplyMessage } from '../../packages/server/src/wire/reply-message.ts';
import {
  encodeRun,
  payloadOf,
  readRun,
  type RunMessage,
  type SentRequest,
} from '../../packages/server/src/wire/run-message.ts';
import type { WireResult } from '../../packages/server/src/wire/worker-message.ts';
import { createRandom, type Random } from '../helpers/random.ts';

const LIMITS = { maxBytes: 2 ** 32, maxHeaderBytes: 2 ** 32, maxBytesAhead: 1 << 16 };
const ROUNDS = 300;

/** Texts of one, two, three and four bytes a character, and what could be taken for the end of one. */
const PIECES = ['a', 'Content-Type', 'application/json', 'ü', '€', '😀', '\0', '\r\n', '"', ''];

function textOf(random: Random): string {
  return listOf(random, 4, () => random.pick(PIECES)).join('');
}

function listOf<T>(random: Random, most: number, make: () => T): T[] {
  return Array.from({ length: random.integer(0, most) }, make);
}

function requestOf(random: Random): SentRequest {
  return {
    requestId: textOf(random),
    codec: random.pick(['torchserve', 'oip', 'oip/grpc']),
    headers: listOf(random, 10, () => textOf(random)),
    inputs: listOf(random, 3, () => ({
      name: textOf(random),
      contentType: textOf(random),
      ...(random.next() < 0.2 && { charset: 'latin1' }),
      // Some make a payload that is too large to be copied into the frame.
      chunks: listOf(random, 3, () =>
        random.next() < 0.01 ? Buffer.alloc(40_000, 'l') : random.bytes(random.integer(0, 100)),
      ),
    })),
  };
}

function batchOf(random: Random, id: number): RunMessage {
  const operation = random.pick(['predict', 'explain', 'describe'] as const);
  return { kind: 'run', id, operation, requests: listOf(random, 40, () => requestOf(random)) };
}

/** Read in pieces of any size. */
function framesOf(bytes: Buffer, random: Random): Frame[] {
  const reader = new FrameReader(LIMITS);
  const frames: Frame[] = [];
  for (let start = 0, end = 0; start < bytes.length; start = end) {
    end = start + random.integer(1, random.pick([7, 1000, 100_000]));
    frames.push(...reader.push(bytes.subarray(start, end)));
  }
  return frames;
}

const noShared = (): never => {
  throw new Error('nothing is shared');
};

describe('batches', () => {
  it('are read as they were written', () => {
    const random = createRandom(11);
    const batches = Array.from({ length: ROUNDS }, (_, index) => batchOf(random, index * 2 ** 26));
    const chunks = batches.flatMap((batch) => encodeRun(batch, payloadOf(batch.requests)));
    const frames = framesOf(Buffer.concat(chunks), random);
    expect(frames.map(({ id }) => id)).toEqual(batches.map(({ id }) => id));
    for (const [index, frame] of frames.entries()) {
      const { operation, requests } = batches[index] as RunMessage;
      const received = readRun(frame, noShared).map(({ requestId, codec, headers, inputs, operation: asked }) => ({
        requestId,
        codec,
        headers,
        operation: asked,
        inputs: inputs.map((input) => ({ ...input, bytes: input.bytes.toString('latin1') })),
      }));
      expect(received).toEqual(
        requests.map((request) => ({
          ...request,
          operation,
          inputs: request.inputs.map(({ chunks: pieces, ...input }) => ({
            ...input,
            bytes: Buffer.concat(pieces).toString('latin1'),
          })),
        })),
      );
    }
  });

  it('have their payload from shared memory where it is there', () => {
    const input = { name: 'body', contentType: '', chunks: [Buffer.from('ab'), Buffer.from('c')] };
    const requests = [{ requestId: '1', codec: 'oip', headers: [], inputs: [input, input] }];
    const payloadAt = { offset: 4096, size: 16 };
    const bytes = Buffer.concat(encodeRun({ kind: 'run', id: 1, operation: 'predict', requests, payloadAt }, []));
    const [frame] = new FrameReader(LIMITS).push(bytes);
    const received = readRun(frame as Frame, (place) => {
      expect(place).toEqual(payloadAt);
      return Buffer.from('\0\0\0\0\0abc\0\0\0\0\0ABC');
    });
    expect(received[0]?.inputs.map((each) => each.bytes.toString())).toEqual(['abc', 'ABC']);
  });

  it('have each input end where the elements of a tensor may lie', () => {
    const random = createRandom(13);
    for (let round = 0; round < 30; round += 1) {
      const batch = batchOf(random, round);
      const [frame] = framesOf(Buffer.concat(encodeRun(batch, payloadOf(batch.requests))), random);
      const inputs = readRun(frame as Frame, noShared).flatMap((request) => request.inputs);
      for (const { bytes } of inputs) expect((bytes.byteOffset + bytes.length) % 8).toBe(0);
    }
  });

  it('that are cut short, or have something behind them, are refused', () => {
    const random = createRandom(12);
    for (let round = 0; round < 30; round += 1) {
      const requests = [requestOf(random), requestOf(random)];
      const batch = { ...batchOf(random, round), requests };
      const [frame] = new FrameReader(LIMITS).push(Buffer.concat(encodeRun(batch, payloadOf(requests))));
      for (const wrong of wrongHeaders(frame as Frame))
        expect(() => readRun(wrong, noShared).map(({ headers }) => headers)).toThrow(/^a message/);
    }
  });
});

function resultOf(random: Random): WireResult | null {
  const kind = random.integer(0, 9);
  if (kind === 0) return null;
  if (kind === 1) return { ok: false, error: { code: 'prediction', message: textOf(random), status: 422 } };
  const contentType = random.pick(['application/json', 'text/plain']);
  const meta = kind === 2 ? { contentType, headers: { x: textOf(random) }, status: 201 } : { contentType, headers: {} };
  return { ok: true, meta, size: random.integer(0, 50) };
}

function replyOf(random: Random, id: number): ReplyMessage {
  const time = () => random.next() * 10 ** random.integer(-6, 9);
  const stages = { decodeMs: time(), encodeMs: time(), handlerMs: time(), predictionMs: time() };
  return {
    kind: 'reply',
    id,
    results: listOf(random, 40, () => resultOf(random)),
    stages: random.next() < 0.5 ? stages : { ...stages, preprocessMs: time(), inferenceMs: 0 },
    ...(random.next() < 0.3 && { residentBytes: random.integer(0, 2 ** 45) }),
  };
}

function bodiesOf({ results }: ReplyMessage): Buffer[] {
  return results.flatMap((result) => (result?.ok === true ? [Buffer.alloc(result.size, 'b')] : []));
}

describe('replies', () => {
  it('are read as they were written', () => {
    const random = createRandom(13);
    const replies = Array.from({ length: ROUNDS }, (_, index) => replyOf(random, index));
    const bytes = Buffer.concat(replies.flatMap((reply) => encodeReply(reply, bodiesOf(reply))));
    expect(framesOf(bytes, random).map(readReply)).toEqual(replies);
  });

  it('that are cut short, or have something behind them, are refused', () => {
    const random = createRandom(14);
    for (let round = 0; round < 30; round += 1) {
      const reply = { ...replyOf(random, round), results: [resultOf(random), resultOf(random)] };
      const [frame] = new FrameReader(LIMITS).push(Buffer.concat(encodeReply(reply, bodiesOf(reply))));
      for (const wrong of wrongHeaders(frame as Frame)) expect(() => readReply(wrong)).toThrow(Error);
    }
  });

  it('say what an answer is alike only once', () => {
    const meta = { contentType: 'application/json', headers: {} };
    const results = Array.from({ length: 32 }, () => ({ ok: true as const, meta: { ...meta }, size: 0 }));
    const stages = { decodeMs: 1, encodeMs: 1, handlerMs: 1, predictionMs: 3 };
    const [frame] = new FrameReader(LIMITS).push(
      Buffer.concat(encodeReply({ kind: 'reply', id: 1, results, stages }, [])),
    );
    expect(frame?.text).toBe(JSON.stringify(meta));
  });
});

/** Headers with numbers or text missing at their end, or too many there. */
function wrongHeaders(frame: Frame): Frame[] {
  const { numbers, text } = frame;
  return [
    ...Array.from(numbers, (_, length) => ({ ...frame, numbers: numbers.subarray(0, length) })),
    ...Array.from({ length: text.length }, (_, length) => ({ ...frame, text: text.slice(0, length) })),
    { ...frame, numbers: Uint32Array.of(...numbers, 0) },
    { ...frame, text: `${text}x` },
  ];
}
