/** Whatever bytes come as a request: the codec makes rows of them that hold what was sent, or says 400. */
import { expect, it } from 'vitest';
import type { ModelSignature, Tensor } from '@marserve/handlers';
import { createRandom, type Random } from '../helpers/random.ts';
import { mutate } from '../helpers/mutate.ts';
import { oipCodec } from '../../packages/server/src/protocols/oip/codec.ts';

const SIGNATURE: ModelSignature = {
  inputs: [
    { name: 'x', type: 'float32', shape: [-1, 'n'] },
    { name: 'text', type: 'string', shape: [-1] },
  ],
  outputs: [],
};
const MODEL = { name: 'm', version: '1', signature: SIGNATURE };

function decode(body: Buffer, headers: readonly string[], signature = SIGNATURE) {
  const inputs = [{ name: 'body', contentType: '', bytes: body }];
  const { rows } = oipCodec.decode({ operation: 'predict', headers, inputs }, { ...MODEL, signature });
  return rows[0] as Readonly<Record<'x' | 'text', Tensor>>;
}

interface Sent {
  readonly body: Buffer;
  readonly headers: readonly string[];
  readonly floats: Buffer;
  readonly texts: readonly string[];
}

/** A right request, of random tensors, of which some are binary. */
function randomRequest(random: Random): Sent {
  const count = random.integer(1, 6);
  const floats = Float32Array.from({ length: count }, () => Math.fround(random.integer(-1e6, 1e6) / 1024));
  const texts = Array.from({ length: random.integer(1, 3) }, () => 'ä"\\{'.repeat(random.integer(0, 3)));
  const floatBytes = Buffer.from(floats.buffer);
  const textBytes = Buffer.concat(
    texts.flatMap((text) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(text));
      return [length, Buffer.from(text)];
    }),
  );
  const [isFloatBinary, isTextBinary] = [random.integer(0, 1) === 1, random.integer(0, 1) === 1];
  const content = (isBinary: boolean, bytes: Buffer, data: unknown) =>
    isBinary ? { parameters: { binary_data_size: bytes.length } } : { data };
  const json = JSON.stringify({
    id: 'é',
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [1, count], ...content(isFloatBinary, floatBytes, [...floats]) },
      { name: 'text', datatype: 'BYTES', shape: [texts.length], ...content(isTextBinary, textBytes, texts) },
    ],
  });
  const body = Buffer.concat([
    Buffer.from(json),
    ...(isFloatBinary ? [floatBytes] : []),
    ...(isTextBinary ? [textBytes] : []),
  ]);
  const headers = ['inference-header-content-length', String(Buffer.byteLength(json))];
  return { body, headers, floats: floatBytes, texts };
}

it('reads 2,000 random requests as they were meant', () => {
  const random = createRandom(1);
  for (let round = 0; round < 2000; round += 1) {
    const { body, headers, floats, texts } = randomRequest(random);
    const row = decode(body, headers);
    const { data } = row.x;
    expect(Buffer.from((data as Float32Array).slice().buffer)).toEqual(floats);
    expect(row.text.data).toEqual(texts);
  }
});

it('makes of 10,000 mutated requests what their shapes say, or 400', () => {
  const random = createRandom(2);
  let refused = 0;
  for (let round = 0; round < 10_000; round += 1) {
    const { body, headers } = randomRequest(random);
    const damagedHeaders =
      random.integer(0, 4) === 0 ? ['Inference-Header-Content-Length', String(random.integer(-2, 400))] : headers;
    const damaged = random.integer(0, 5) === 0 ? body : mutate(body, random);
    try {
      const row = decode(damaged, damagedHeaders);
      const { data, shape } = row.x;
      expect(data).toBeInstanceOf(Float32Array);
      expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
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

it('takes aligned data as a view on the body, and copies what is not aligned', () => {
  const one = { name: 'x', datatype: 'FP32', shape: [2], parameters: { binary_data_size: 8 } };
  const signature = { inputs: [{ name: 'x', type: 'float32', shape: [-1] }], outputs: [] } as const;
  for (const padding of [0, 1, 2, 3]) {
    const json = JSON.stringify({ inputs: [one] }).padEnd(100 + padding);
    const bytes = Buffer.from(Float32Array.of(1, 2).buffer);
    const body = Buffer.from(new Uint8Array(Buffer.concat([Buffer.from(json), bytes])).buffer);
    const row = decode(body, ['inference-header-content-length', String(json.length)], signature);
    const { data } = row.x;
    expect(data).toEqual(Float32Array.of(1, 2));
    expect((data as Float32Array).buffer === body.buffer).toBe(padding === 0);
  }
});

it('makes of 10,000 mutated requests of the generate extension rows, or 400', () => {
  const random = createRandom(3);
  let refused = 0;
  for (let round = 0; round < 10_000; round += 1) {
    const request = {
      id: 'é',
      x: [[random.integer(0, 9), -0.5, 1e300]],
      parameters: { text: ['ä"\\', ''], max_tokens: 5, timeout: 7, ['__proto__']: 1 },
    };
    const bytes = mutate(Buffer.from(JSON.stringify(request)), random);
    const inputs = [{ name: 'generate', contentType: '', bytes }];
    try {
      const { rows } = oipCodec.decode({ operation: 'predict', headers: [], inputs }, MODEL);
      const { x, text } = rows[0] as Readonly<Record<'x' | 'text', Tensor>>;
      for (const { data, shape } of [x, text]) {
        expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
      }
    } catch (error) {
      expect(error).toMatchObject({ name: 'PredictionError', status: 400 });
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(2000);
  expect(refused).toBeLessThan(9900);
});

it('shows handlers all headers but the content type, which is that of the body and not of the rows', () => {
  const { body, headers } = randomRequest(createRandom(3));
  const inputs = [{ name: 'body', contentType: '', bytes: body }];
  const sent = ['Content-Type', 'application/octet-stream', ...headers, 'X-Key', 'v'];
  const decoded = oipCodec.decode({ operation: 'predict', headers: sent, inputs }, MODEL);
  expect(decoded.headers?.()).toEqual([...headers, 'X-Key', 'v']);
});

it('has the only input as plain lists in `data` as well, unless that, or `body`, is its name', () => {
  const rowOf = (name: string) => {
    const json = JSON.stringify({ inputs: [{ name, datatype: 'INT64', shape: [2], data: [1, 2] }] });
    const inputs = [{ name: 'body', contentType: '', bytes: Buffer.from(json) }];
    const signature = { inputs: [], outputs: [] };
    const { rows } = oipCodec.decode({ operation: 'predict', headers: [], inputs }, { ...MODEL, signature });
    return rows[0] as Readonly<Record<string, unknown>>;
  };
  for (const name of ['x', 'toString', '__proto__']) {
    expect(Object.keys(rowOf(name))).toEqual([name]);
    expect(Object.hasOwn(rowOf(name), name)).toBe(true);
    expect(rowOf(name).data).toEqual([1, 2]);
  }
  expect({ ...rowOf('data') }).toEqual({ data: [1, 2] });
  expect('data' in rowOf('body')).toBe(false);
});
