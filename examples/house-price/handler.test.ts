import { expect, it } from 'vitest';
import { testHandler } from '@marserve/handlers/testing';
import HousePrice from './handler.ts';

const model = { modelDir: import.meta.dirname, serializedFile: 'model.onnx' };

it('tells the price of each house of a batch', async () => {
  const { results } = await testHandler(
    HousePrice,
    [{ body: { area: 80, rooms: 3, age: 12 } }, { body: { area: 60, rooms: 2, age: 40 } }],
    model,
  );
  expect(results).toEqual([
    { price: 258_000, currency: 'EUR' },
    { price: 160_000, currency: 'EUR' },
  ]);
});
