import { expect, it } from 'vitest';
import { ServeError } from '../../core/errors.ts';
import { createMessages } from '../grpc/messages.ts';
import { DESCRIPTORS } from './descriptors.ts';
import { readPredictionsRequest } from './predictions-message.ts';

const TYPE = 'org.pytorch.serve.grpc.inference.PredictionsRequest';
const messages = createMessages(DESCRIPTORS);

/** Numbers from 0 to below 1, the same ones each time (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const REQUEST = { model_name: 'm', model_version: '2', input: { a: 'AQI=', b: '' }, sequence_id: 's' };

it('reads what protobuf writes', () => {
  const { modelName, modelVersion, inputs, sequenceId } = readPredictionsRequest(
    Buffer.from(messages.encode(TYPE, REQUEST)),
  );
  expect([modelName, modelVersion, sequenceId]).toEqual(['m', '2', 's']);
  const read = inputs.map(({ name, chunks }) => [name, Buffer.concat(chunks).toString('base64')]);
  expect(Object.fromEntries(read)).toEqual(REQUEST.input);
});

it('reads 10,000 damaged messages, or refuses them', () => {
  const random = randomOf(9);
  const whole = Buffer.from(messages.encode(TYPE, REQUEST));
  let refused = 0;
  for (let round = 0; round < 10_000; round += 1) {
    const bytes = Buffer.from(whole.subarray(0, 1 + Math.floor(random() * whole.length)));
    for (let count = Math.floor(random() * 4); count > 0; count -= 1) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    }
    try {
      readPredictionsRequest(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(ServeError);
      expect((error as ServeError).code).toBe('invalid_argument');
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(1000);
  expect(refused).toBeLessThan(10_000);
});
