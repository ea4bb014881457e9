/** Damaged messages of the Open Inference Protocol through a real socket: each gets a right answer or a refusal, and the server stays. */
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { oipClient, type GrpcClient } from '../helpers/grpc-client.ts';
import { mutate } from '../helpers/mutate.ts';
import { randomMessage, readResponse } from '../helpers/oip-messages.ts';
import { createRandom } from '../helpers/random.ts';
import { workersOf } from '../helpers/workers.ts';

const KEEPER = `export default class {
  getSignature() {
    const inputs = [{ name: 'x', type: 'float32', shape: [-1, -1] }, { name: 'text', type: 'string', shape: [-1] }];
    return { inputs, outputs: [] };
  }
  handle(data) { return data.map(({ x, text }) => ({ x, text })); }
}`;
const SERVICE = '/inference.GRPCInferenceService';
const ALLOWED: readonly number[] = [status.OK, status.INVALID_ARGUMENT, status.NOT_FOUND, status.UNIMPLEMENTED];

let daemon: Daemon;
let client: GrpcClient;

beforeAll(async () => {
  daemon = await startDaemon();
  await addArchive(daemon.store, { name: 'keeper', source: KEEPER });
  await registerModels(daemon, ['keeper']);
  client = oipClient(daemon.grpcInference);
});

afterAll(async () => {
  client?.close();
  await daemon?.close();
});

const keep = (bytes: Buffer) => bytes;

/** Its status, and the answer when there is one. */
function sendMessage(message: Buffer): Promise<{ readonly code: number; readonly answer?: Buffer | undefined }> {
  return new Promise((resolve) => {
    const options = { deadline: Date.now() + 60_000 };
    client.makeUnaryRequest(`${SERVICE}/ModelInfer`, keep, keep, message, options, (error, answer) =>
      resolve(error === null ? { code: status.OK, answer } : { code: error.code }),
    );
  });
}

it('as calls', async () => {
  const random = createRandom(4);
  const before = (await workersOf(daemon, 'keeper')).map(({ pid }) => pid);
  const seen = new Map<number, number>();
  for (let round = 0; round < 100; round += 1) {
    const messages = Array.from({ length: 20 }, () => mutate(randomMessage(random, 'keeper').message, random));
    for (const { code, answer } of await Promise.all(messages.map(sendMessage))) {
      seen.set(code, (seen.get(code) ?? 0) + 1);
      if (answer !== undefined) expect(readResponse(answer)).toMatchObject({ model_name: 'keeper' });
    }
  }
  expect([...seen.keys()].filter((code) => !ALLOWED.includes(code))).toEqual([]);
  expect(seen.get(status.OK)).toBeGreaterThan(10);
  expect(seen.get(status.INVALID_ARGUMENT)).toBeGreaterThan(100);
  expect((await workersOf(daemon, 'keeper')).map(({ pid }) => pid)).toEqual(before);
  const { message, floats } = randomMessage(random, 'keeper');
  const { answer } = await sendMessage(message);
  expect(readResponse(answer as Buffer).raw_output_contents).toContainEqual(floats);
});

it('in a stream, in which each has one response', async () => {
  const random = createRandom(5);
  const stream = client.makeBidiStreamRequest<Buffer, Buffer>(`${SERVICE}/ModelStreamInfer`, keep, keep);
  for (let round = 0; round < 500; round += 1) stream.write(mutate(randomMessage(random, 'keeper').message, random));
  stream.end();
  const responses = (await stream.toArray()) as Buffer[];
  expect(responses).toHaveLength(500);
});
