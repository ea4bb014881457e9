import { describe, expect, it } from 'vitest';
import { bodyParts } from './body-parts.ts';
import { endingWithReader, generateRequest, partOfEvent } from './predictor-parts.ts';

describe('a request for an answer in parts', () => {
  it('has the inputs of the model by their names', () => {
    expect(generateRequest({ instances: [{ prompt: 'a' }] })).toEqual({ prompt: 'a' });
    const text = { type: 'string', shape: [1], data: ['a'] } as const;
    const rows = { type: 'float32', shape: [1, 2], data: Float32Array.of(1, 2) } as const;
    expect(generateRequest({ inputs: { text, rows }, parameters: { most: 3 } })).toEqual({
      most: 3,
      text: 'a',
      rows: [[1, 2]],
    });
  });

  it('is none for several instances, and refused for one without names', () => {
    expect(generateRequest({ instances: [{ a: 1 }, { a: 2 }] })).toBeUndefined();
    expect(() => generateRequest({ instances: ['a'] })).toThrow('inputs of the model by their names');
  });
});

it('a part is what an event has beside its model', () => {
  const event = { model_name: 'm', model_version: '1', id: 'x', text: 'a' };
  expect(partOfEvent(event)).toEqual({ row: 0, value: { text: 'a' } });
});

describe('parts of a body', () => {
  async function* chunks(...bytes: Uint8Array[]) {
    yield* bytes;
  }
  const partsOf = async (type: string, ...bytes: Uint8Array[]) => {
    const parts: unknown[] = [];
    for await (const part of bodyParts(chunks(...bytes), () => type)) parts.push('value' in part ? part.value : part);
    return parts;
  };
  const euro = Buffer.from('€');

  it('are texts of whole characters, wherever they are cut', async () => {
    const cut = [euro.subarray(0, 1), euro.subarray(1), Buffer.from('x')];
    expect(await partsOf('text/plain; charset=utf-8', ...cut)).toEqual(['€', 'x']);
    expect(await partsOf('application/json', Buffer.from('[1]'))).toEqual(['[1]']);
  });

  it('are bytes where they are no text', async () => {
    expect(await partsOf('application/octet-stream', euro.subarray(0, 1))).toEqual([euro.subarray(0, 1)]);
  });
});

it('a call whose parts nobody reads any more ends while the next one is awaited', async () => {
  const parts = endingWithReader(undefined, async function* (signal) {
    yield { row: 0, value: 'first' };
    await new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
  });
  const iterator = parts[Symbol.asyncIterator]();
  expect(await iterator.next()).toMatchObject({ value: { value: 'first' } });
  const next = iterator.next();
  const left = iterator.return?.();
  await expect(next).rejects.toThrow('ended');
  await left;
});
