/** Whatever comes to a session: the codec makes tensors of the model's inputs, or says 400. */
import { expect, it } from 'vitest';
import type { ModelSignature, Tensor } from '@marserve/handlers';
import { PredictionError } from '@marserve/handlers/prediction-error';
import { tensorProblem } from '@marserve/handlers/tensor';
import { kibaeCodec } from '../../packages/server/src/protocols/kibae/codec.ts';
import { mutate } from '../helpers/mutate.ts';
import { createRandom } from '../helpers/random.ts';

const SIGNATURE: ModelSignature = {
  inputs: [
    { name: 'x', type: 'float32', shape: [-1, 2] },
    { name: 'n', type: 'int64', shape: ['n'] },
    { name: 's', type: 'string', shape: [1] },
  ],
  outputs: [],
};
const MODEL = { name: 'm', version: '1', signature: SIGNATURE };
const RIGHT = Buffer.from(
  '{"x":[[1.5,-2],[NaN,"Infinity"]],"n":[9007199254740993,"2"],"s":["ä\\"["]}'.replace('NaN', '"NaN"'),
);

function decode(bytes: Buffer): Readonly<Record<string, Tensor>> {
  const inputs = [{ name: 'body', contentType: 'application/json', bytes }];
  return kibaeCodec.decode({ operation: 'predict', headers: [], inputs }, MODEL).rows[0] as Record<string, Tensor>;
}

it('reads what is right exactly', () => {
  const { x, n, s } = decode(RIGHT);
  expect([x?.shape, [...(x?.data ?? [])]]).toEqual([
    [2, 2],
    [1.5, -2, NaN, Infinity],
  ]);
  expect([...(n?.data ?? [])]).toEqual([9007199254740993n, 2n]);
  expect(s?.data).toEqual(['ä"[']);
});

it('makes of 5,000 mutated requests tensors of the types of the inputs, or 400', () => {
  const random = createRandom(31);
  let refused = 0;
  for (let round = 0; round < 5000; round += 1) {
    try {
      const row = decode(mutate(RIGHT, random));
      for (const { name, type } of SIGNATURE.inputs) {
        const tensor = row[name] as Tensor;
        expect([tensor.type, tensorProblem(tensor)]).toEqual([type, undefined]);
      }
    } catch (error) {
      refused += 1;
      expect(error).toBeInstanceOf(PredictionError);
      expect((error as PredictionError).status).toBe(400);
    }
  }
  expect(refused).toBeGreaterThan(500);
});
