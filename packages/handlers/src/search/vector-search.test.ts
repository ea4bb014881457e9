import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import faiss from 'faiss-node';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { identityModel } from '../../../../test/fixtures/onnx-models.ts';
import { hasSharedData, NEEDS_SHARED_DATA, SHARED_DATA } from '../../../../test/helpers/shared-data.ts';
import { modelFolder } from '../test-support/model-folder.ts';
import { testHandler } from '../testing.ts';
import { stringifyJson } from '../json.ts';
import { withIdMap } from '../test-support/id-map.ts';
import { openFaissIndex } from './faiss.ts';

const VECTORS = [0, 0, 1, 0, 0, 2];
const LABELS = '["origin", "right", "up"]';

/** A folder with a model that gives back what it gets, and an index of three points of the plane. */
async function searchFolder(files: Record<string, string | Uint8Array> = {}): Promise<string> {
  const modelDir = await modelFolder({ 'model.onnx': identityModel(), 'faiss_label.json': LABELS, ...files });
  const index = new faiss.IndexFlatL2(2);
  index.add(VECTORS);
  index.write(join(modelDir, 'faiss_index.bin'));
  return modelDir;
}

async function search(modelDir: string, rows: unknown[], config: object = {}) {
  const options = { serializedFile: 'model.onnx', modelConfig: { vector_search: config } };
  return (await testHandler({ modelDir, handler: 'vector_search' }, rows, options)).results;
}

describe('vector_search', () => {
  const origin = { label: 'origin', distance: 0, index: 0 };
  const right = { label: 'right', distance: 1, index: 1 };
  const up = { label: 'up', distance: 4, index: 2 };

  it('gives the nearest vectors of each row with their labels, the nearest first', async () => {
    expect(
      await search(
        await searchFolder(),
        [
          [0, 0],
          [
            [0, 0],
            [0, 2],
          ],
        ],
        { k: 2 },
      ),
    ).toEqual([
      [origin, right],
      [
        [origin, right],
        [
          { ...up, distance: 0 },
          { ...origin, distance: 4 },
        ],
      ],
    ]);
  });

  it('gives three by default, and no more than there are', async () => {
    const modelDir = await searchFolder();
    expect(await search(modelDir, [[0, 0]])).toEqual([[origin, right, up]]);
    expect(await search(modelDir, [[0, 0]], { k: 99 })).toEqual([[origin, right, up]]);
  });

  it('takes labels by id, and null for a vector that has none', async () => {
    const modelDir = await searchFolder({ 'names.json': '{"1": {"name": "right"}}' });
    expect(await search(modelDir, [[0, 0]], { k: 2, labels: 'names.json' })).toEqual([
      [
        { ...origin, label: null },
        { ...right, label: { name: 'right' } },
      ],
    ]);
  });

  it('scales to length 1 when told to', async () => {
    const [result] = await search(await searchFolder(), [[50, 0]], { k: 1, normalize: true });
    expect(result).toEqual([{ ...right, distance: 0 }]);
  });

  it('embeds images', async () => {
    const modelDir = await searchFolder({ 'model.onnx': identityModel({ shape: ['batch', 1, 1, 2] }) });
    const png = await sharp(Uint8Array.of(255, 0), { raw: { width: 2, height: 1, channels: 1 } })
      .png()
      .toBuffer();
    const [good, bad] = await search(modelDir, [png, Buffer.from('no image')], { k: 1, image: { size: [1, 2] } });
    expect(good).toEqual([{ ...right, distance: 0 }]);
    expect(bad).toMatchObject({ status: 400 });
  });

  it('fails rows that are wrong alone', async () => {
    const [bad, good] = await search(
      await searchFolder(),
      [
        [1, 2, 3],
        [0, 0],
      ],
      { k: 1 },
    );
    expect(bad).toMatchObject({ name: 'PredictionError', status: 400 });
    expect(good).toEqual([origin]);
  });

  it('tells ids beyond 2^53 exactly, and finds their labels', async () => {
    const modelDir = await searchFolder({ 'faiss_label.json': '{"9007199254740993": "b", "9007199254740992": "c"}' });
    const ids = [7n, 9007199254740993n, 9007199254740992n];
    await writeFile(
      join(modelDir, 'faiss_index.bin'),
      withIdMap(await readFile(join(modelDir, 'faiss_index.bin')), ids),
    );
    const [result] = await search(modelDir, [[1, 0]], { k: 3 });
    expect(stringifyJson(result)).toBe(
      '[{"label":"b","distance":0,"index":9007199254740993},{"label":null,"distance":1,"index":7},' +
        '{"label":"c","distance":5,"index":9007199254740992}]',
    );
  });

  it.skipIf(!hasSharedData)(`finds the label of the right vector in idmap_big${NEEDS_SHARED_DATA}`, async () => {
    const folder = join(SHARED_DATA, 'faults/idmap_big');
    const files = {
      'model.onnx': identityModel(),
      'faiss_label.json': await readFile(join(folder, 'faiss_label.json')),
    };
    const modelDir = await modelFolder({ ...files, 'big.bin': await readFile(join(folder, 'faiss_index.bin')) });
    const results = await search(
      modelDir,
      [
        [0, 0],
        [5, 5],
      ],
      { k: 1, index: 'big.bin' },
    );
    const labels = results.map((matches) => (matches as { label: string }[])[0]?.label);
    expect(labels).toEqual(['RIGHT', 'WRONG']);
  });

  it.each<[string, object, Record<string, string | Uint8Array>, string]>([
    ['an index that is not there', { index: 'x.bin' }, {}, 'The archive has no index file "x.bin"'],
    [
      'an index that is none',
      { index: 'bad.bin' },
      { 'bad.bin': 'hello' },
      'bad.bin is not a faiss index, or it is damaged',
    ],
    [
      'labels that are not there',
      { labels: 'x.json' },
      {},
      'The labels in x.json (vector_search.labels) cannot be read',
    ],
    ['labels that are no list', { labels: 'x.json' }, { 'x.json': '7' }, 'must be a JSON array or object'],
    ['a wrong k', { k: 0 }, {}, 'vector_search.k must be an integer of at least 1, got 0'],
    [
      'an output that the model does not have',
      { output: 'z' },
      {},
      'vector_search.output must be an output of the model (y), got "z"',
    ],
    [
      'a model that gives other vectors than the index has',
      {},
      { 'model.onnx': identityModel({ shape: ['n', 5] }) },
      'vectors of 5 numbers, the index has vectors of 2',
    ],
  ])('does not start with %s', async (_, config, files, message) => {
    await expect(search(await searchFolder(files), [], config)).rejects.toThrow(message);
  });
});

describe('openFaissIndex', () => {
  it('tells size and dimension, and searches several queries at once', async () => {
    const index = await openFaissIndex(join(await searchFolder(), 'faiss_index.bin'));
    expect([index.size, index.dimension]).toEqual([3, 2]);
    expect(index.search([0, 2, 1, 0], 1)).toEqual([[{ id: 2, distance: 0 }], [{ id: 1, distance: 0 }]]);
  });
});
