/** Whatever bytes come as a ModelInferRequest: the codec makes rows of them that hold what was sent, or says 400. */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { expect, it } from 'vitest';
import type { ModelSignature, Row, Tensor } from '@marserve/handlers';
import { createRandom } from '../helpers/random.ts';
import { mutate } from '../helpers/mutate.ts';
import { inferMessage, randomMessage, readResponse } from '../helpers/oip-messages.ts';
import { oipGrpcCodec } from '../../packages/server/src/protocols/oip/grpc/codec.ts';
import { readHead } from '../../packages/server/src/protocols/oip/grpc/request-head.ts';

const SIGNATURE: ModelSignature = {
  inputs: [
    { name: 'x', type: 'float32', shape: [-1, 'n'] },
    { name: 'text', type: 'string', shape: [-1] },
  ],
  outputs: [],
};
const MODEL = { name: 'm', version: '1.0', signature: SIGNATURE };

function decode(message: Buffer, signature = SIGNATURE) {
  const inputs = [{ name: 'message', contentType: '', bytes: message }];
  return oipGrpcCodec.decode({ operation: 'predict', headers: [], inputs }, { ...MODEL, signature });
}

/** The answer that gives the row back, as its client reads it. */
function answer({ rows, reply }: ReturnType<typeof decode>): Readonly<Record<string, unknown>> {
  const { x, text } = rows[0] as Readonly<Record<string, Tensor>>;
  const overrides = [{ headers: {}, parameters: { seen: true } }];
  const { body } = oipGrpcCodec.encode({ results: [{ x, text }], overrides, reply }, MODEL);
  return readResponse(Buffer.from(body));
}

function textsOf(value: Row[string]): Buffer[] {
  if (Buffer.isBuffer(value)) return [value];
  const elements = Array.isArray(value) ? value : (value as Tensor).data;
  return Array.from(elements as Iterable<string | Buffer>, (each) => Buffer.from(each as string));
}

it('reads 2,000 random requests as they were meant', () => {
  const random = createRandom(1);
  for (let round = 0; round < 2000; round += 1) {
    const { message, floats, texts } = randomMessage(random, 'm');
    const { x, text } = decode(message).rows[0] as Readonly<Record<'x' | 'text', Tensor>>;
    expect(Buffer.from((x.data as Float32Array).slice().buffer)).toEqual(floats);
    expect(textsOf(text)).toEqual(texts);
    expect(readHead(message).modelName).toBe('m');
  }
});

it('answers 500 random requests with what they sent, in the form that they came in', () => {
  const random = createRandom(3);
  for (let round = 0; round < 500; round += 1) {
    const { message, isRaw, floats, texts } = randomMessage(random, 'm');
    const { outputs, raw_output_contents: raws } = answer(decode(message)) as {
      outputs: { name: string; contents: Record<string, unknown[]> | null }[];
      raw_output_contents: Buffer[];
    };
    expect(raws[outputs.findIndex(({ name }) => name === 'x')]).toEqual(floats);
    const contents = outputs.find(({ name }) => name === 'text')?.contents ?? null;
    if (isRaw) expect(contents).toBeNull();
    else if (texts.length === 1) expect(contents?.bytes_contents).toEqual(texts);
  }
});

it('makes of 10,000 mutated requests what their shapes say, or 400', () => {
  const random = createRandom(2);
  let refused = 0;
  for (let round = 0; round < 10_000; round += 1) {
    const damaged = mutate(randomMessage(random, 'm').message, random);
    try {
      readHead(damaged);
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_argument' });
    }
    try {
      const decoded = decode(damaged);
      const { data, shape } = (decoded.rows[0] as Readonly<Record<string, Tensor>>).x as Tensor;
      expect(data).toBeInstanceOf(Float32Array);
      expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
      expect(answer(decoded)).toMatchObject({ model_name: 'm' });
    } catch (error) {
      expect(error).toMatchObject({ name: 'PredictionError' });
      expect([400, 501]).toContain((error as { status: number }).status);
      expect((error as Error).message).not.toBe('');
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(2000);
  expect(refused).toBeLessThan(9900);
});

it('takes raw contents that are aligned as a view on the message', () => {
  const signature = { inputs: [{ name: 'x', type: 'float32', shape: [-1] }], outputs: [] } as const;
  let views = 0;
  for (const id of ['', 'a', 'ab', 'abc', 'abcd', 'abcde']) {
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [2] }];
    const floats = Buffer.from(Float32Array.of(1, 2).buffer);
    const message = Buffer.from(
      new Uint8Array(inferMessage({ model_name: 'm', id, inputs, raw_input_contents: [floats] })).buffer,
    );
    const { data } = (decode(message, signature).rows[0] as Readonly<Record<string, Tensor>>).x as Tensor;
    expect(data).toEqual(Float32Array.of(1, 2));
    if ((data as Float32Array).buffer === message.buffer) views += 1;
  }
  expect(views).toBeGreaterThan(0);
});

it('takes repeated numbers one by one, and a message in pieces, as protobuf allows', () => {
  const input = new BinaryWriter().tag(1, WireType.LengthDelimited).string('x');
  input.tag(2, WireType.LengthDelimited).string('INT64');
  for (const size of [1, 3]) input.tag(3, WireType.Varint).int64(size);
  for (const values of [[1n], [-2n, 2n ** 62n]]) {
    input.tag(5, WireType.LengthDelimited).fork();
    for (const value of values) input.tag(3, WireType.Varint).int64(value);
    input.join();
  }
  const message = new BinaryWriter().tag(5, WireType.LengthDelimited).bytes(input.finish()).finish();
  const signature = { inputs: [{ name: 'x', type: 'int64', shape: [1, 3] }], outputs: [] } as const;
  const { x } = decode(Buffer.from(message), signature).rows[0] as Readonly<Record<string, Tensor>>;
  expect(x).toEqual({ type: 'int64', shape: [1, 3], data: BigInt64Array.of(1n, -2n, 2n ** 62n) });
});
