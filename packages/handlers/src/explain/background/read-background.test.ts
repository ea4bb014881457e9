import { describe, expect, it } from 'vitest';
import type { ModelContext } from '../../handler.ts';
import { modelFolder } from '../../test-support/model-folder.ts';
import { clusterMeans } from './cluster-means.ts';
import { parseCsv } from './parse-csv.ts';
import { parseNpy } from './parse-npy.ts';
import { readBackground } from './read-background.ts';

const go = () => Promise.resolve();

async function read(file: string, content: string | Uint8Array) {
  const context = { modelDir: await modelFolder({ [file]: content }) } as unknown as ModelContext;
  const { background, names } = await readBackground(context, { file, seed: 0 });
  return { samples: background.samples, names };
}

/** As `numpy.save` writes it. */
function npy(header: string, elements: ArrayBufferView): Buffer {
  const text = Buffer.from(`${header.padEnd(117)}\n`);
  const head = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, text.length, 0]);
  return Buffer.concat([head, text, Buffer.from(elements.buffer)]);
}

describe('a background is read from', () => {
  it.each([
    [
      'numbers',
      '1,2\n3,4\n',
      [
        [1, 2],
        [3, 4],
      ],
      undefined,
    ],
    ['a head', 'a,b\n1,2\n', [[1, 2]], ['a', 'b']],
    [
      'a head of numbers and categories',
      'size,town\n1,Ulm\n2,Bonn\n',
      [
        [1, 'Ulm'],
        [2, 'Bonn'],
      ],
      ['size', 'town'],
    ],
    [
      'categories without a head',
      '1,Ulm\n2,Bonn\n',
      [
        [1, 'Ulm'],
        [2, 'Bonn'],
      ],
      undefined,
    ],
    ['quotes, carriage returns and a mark', '\uFEFF"a ""b""","c\nd"\r\n1,2\r\n\r\n', [[1, 2]], ['a "b"', 'c\nd']],
    [
      'values that are not there',
      'a,b\n1,\n,NaN',
      [
        [1, NaN],
        [NaN, NaN],
      ],
      ['a', 'b'],
    ],
  ] as const)('CSV with %s', async (_, text, samples, names) => {
    expect(await read('b.csv', text)).toEqual({ samples, names });
  });

  it.each([
    ['[[1, "x"]]', [[1, 'x']], undefined],
    [
      '[{"a": 1, "b": 2}, {"b": 4, "a": 3}]',
      [
        [1, 2],
        [3, 4],
      ],
      ['a', 'b'],
    ],
  ] as const)('JSON: %s', async (text, samples, names) => {
    expect(await read('b.json', text)).toEqual({ samples, names });
  });

  it.each([
    ['<f4', new Float32Array([1, 2, 3, 4])],
    ['<f8', new Float64Array([1, 2, 3, 4])],
    ['<i8', new BigInt64Array([1n, 2n, 3n, 4n])],
    ['|u1', new Uint8Array([1, 2, 3, 4])],
  ] as const)('NumPy: %s', async (type, elements) => {
    const content = npy(`{'descr': '${type}', 'fortran_order': False, 'shape': (2, 2), }`, elements);
    expect(await read('b.npy', content)).toEqual({
      samples: [
        [1, 2],
        [3, 4],
      ],
      names: undefined,
    });
  });
});

describe('a background is refused', () => {
  const two = new Float64Array([1, 2]);
  it.each<[string, string, string | Uint8Array, string]>([
    ['of lines that differ', 'b.csv', '1,2\n3\n', 'b.csv: expected 2 columns, one for each feature; sample 2 has 1'],
    ['with a quote inside', 'b.csv', '1,2\n3,x"y\n', 'b.csv: line 2: a quote is not where fields begin and end'],
    ['that is no JSON', 'b.json', '[1', 'explainer.background: b.json: '],
    ['of no lists', 'b.json', '{"a": 1}', 'b.json: expected a list of samples, got an object'],
    ['of nulls', 'b.json', '[[1], [null]]', 'b.json: expected lists of numbers and texts, sample 2 is an array of 1'],
    ['of another kind', 'b.txt', '1', 'b.txt: expected a file .csv, .npy or .json'],
    ['that is no array', 'b.npy', 'hello hello hello', 'b.npy: no file of numpy.save'],
    ['of complex numbers', 'b.npy', npy(`{'descr': '<c8', 'fortran_order': False, 'shape': (1, 1), }`, two), 'got <c8'],
    [
      'of one dimension',
      'b.npy',
      npy(`{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }`, two),
      'expected an array of two dimensions',
    ],
    ['in columns', 'b.npy', npy(`{'descr': '<f8', 'fortran_order': True, 'shape': (1, 2), }`, two), 'in C order'],
    [
      'that is cut off',
      'b.npy',
      npy(`{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }`, two),
      'expected 4 elements, the file is shorter',
    ],
  ])('%s', async (_, file, content, problem) => {
    await expect(read(file, content)).rejects.toThrow(problem);
  });
});

describe('clusters', () => {
  const samples = [
    [0, 'a'],
    [0.2, 'a'],
    [0.1, 'b'],
    [9, 'c'],
    [9.2, 'c'],
  ] as const;

  it('are the nearest values and the most common categories, weighted by their sizes', async () => {
    const found = await clusterMeans(samples, { clusters: 2, seed: 1 }, go);
    const sorted = found.samples
      .map((sample, index) => [...sample, found.weights[index]])
      .toSorted((a, b) => Number(a[0]) - Number(b[0]));
    expect(sorted).toEqual([
      [0.1, 'a', 0.6],
      [9, 'c', 0.4],
    ]);
  });

  it('are as many as there are different samples, at most', async () => {
    expect(await clusterMeans([[1], [1], [1]], { clusters: 2, seed: 0 }, go)).toEqual({ samples: [[1]], weights: [1] });
    const both = { samples: [[1], [2]], weights: [0.5, 0.5] };
    expect(await clusterMeans([[1], [2]], { clusters: 5, seed: 0 }, go)).toEqual(both);
  });

  it('are the same for a seed', async () => {
    const many = Array.from({ length: 60 }, (_, index) => [index % 7, (index * 13) % 11]);
    const means = () => clusterMeans(many, { clusters: 6, seed: 3 }, go);
    expect(await means()).toEqual(await means());
  });

  it('are made of values that are there, whatever else there is', async () => {
    const found = await clusterMeans(
      [
        [NaN, 1],
        [NaN, 1e300],
        [Infinity, -1],
        [2, NaN],
      ],
      { clusters: 2, seed: 0 },
      go,
    );
    expect(found.samples.length).toBeGreaterThan(0);
    expect(found.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 9);
  });
});

it('text is parsed as RFC 4180 has it', () => {
  expect(parseCsv('a, b ,"c, d"\n,\n1,')).toEqual([
    ['a', 'b', 'c, d'],
    ['', ''],
    ['1', ''],
  ]);
  expect(parseCsv('')).toEqual([]);
  expect(() => parseNpy(new Uint8Array())).toThrow('no file of numpy.save');
});
