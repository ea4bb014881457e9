import { describe, expect, it } from 'vitest';
import { decodeBase64, rowsOf } from './instances.ts';

describe('rows', () => {
  it.each<[string, unknown, unknown[]]>([
    [
      'values',
      { instances: [1, [2, 3], 'text', null, true] },
      [1, [2, 3], 'text', null, true].map((body) => ({ body })),
    ],
    ['objects', { instances: [{ a: 1, b: 2 }] }, [{ body: { a: 1, b: 2 } }]],
    [
      'TorchServe’s fields',
      { instances: [{ data: 'x', more: 1 }, { body: 0 }] },
      [{ data: 'x', more: 1 }, { body: 0 }],
    ],
    ['lists in inputs', { inputs: [[1], [2]] }, [{ body: [1] }, { body: [2] }]],
    ['columns', { inputs: { a: [1, 2], b: ['x', 'y'] } }, [{ body: { a: 1, b: 'x' } }, { body: { a: 2, b: 'y' } }]],
    ['nothing', { instances: [], signature_name: 'any', parameters: {} }, []],
    ['no columns', { inputs: {} }, []],
  ])('are made of %s', (_, body, rows) => expect(rowsOf(body)).toEqual(rows));

  it.each<[unknown, string]>([
    [[1], 'a JSON object with "instances" or "inputs"; got a list'],
    [null, 'got null'],
    [5, 'got a number'],
    [{}, '"instances" or "inputs"; got an empty object'],
    [{ data: 1, Instances: [] }, 'got the keys "data", "Instances"'],
    [{ instances: { 0: 1 } }, 'a list for "instances"; got an object'],
    [{ instances: null }, 'a list for "instances"; got null'],
    [{ inputs: 'abc' }, 'a list for "inputs"; got a string'],
    [{ inputs: { a: [1], b: 2 } }, 'a list for the input "b"; got a number'],
    [{ inputs: { a: [1], b: [2, 3] } }, '"a" has 1, "b" has 2'],
    [{ instances: [], inputs: [] }, 'got both'],
  ])('are not made of %j', (body, message) => expect(() => rowsOf(body)).toThrow(message));
});

describe('base64', () => {
  const b64 = Buffer.from('bytes').toString('base64');

  it('becomes bytes wherever it stands alone', () => {
    expect(decodeBase64([{ b64 }, { image: { b64 }, list: [{ b64: '' }] }])).toEqual([
      Buffer.from('bytes'),
      { image: Buffer.from('bytes'), list: [Buffer.alloc(0)] },
    ]);
  });

  it('of URLs, in lines, and without its end is read', () => {
    expect(decodeBase64([{ b64: '-_8' }, { b64: 'AAEC\nAwQF\n' }])).toEqual([
      Buffer.from([251, 255]),
      Buffer.from([0, 1, 2, 3, 4, 5]),
    ]);
  });

  it('is nothing beside other keys, and nothing but text', () => {
    const others = [{ b64, more: 1 }, { b64: 5 }, { B64: b64 }, {}, 'b64', null, 1n];
    expect(decodeBase64(others)).toEqual(others);
  });

  it('with other characters is refused, as is what is too deep', () => {
    expect(() => decodeBase64({ b64: 'a*b' })).toThrow('Expected base64');
    const deep: unknown = JSON.parse('['.repeat(5000) + '{"b64":""}' + ']'.repeat(5000));
    expect(() => decodeBase64(deep)).toThrow('at most 100 deep');
  });
});
