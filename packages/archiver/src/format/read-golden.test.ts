import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test-support/temporary-folder.ts';
import { GOLDEN_PATH, MAX_GOLDEN_BYTES } from './golden.ts';
import { readGolden } from './read-golden.ts';

const REQUEST = { name: 'one', operation: 'predict', headers: {}, inputs: [] };

/** A folder as an archive is unpacked to. */
async function modelDir(golden: string): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(dirname(join(folder, GOLDEN_PATH)));
  await writeFile(join(folder, GOLDEN_PATH), golden);
  return folder;
}

describe('the golden requests of an unpacked archive', () => {
  it('are undefined where it has none', async () => {
    expect(await readGolden(await temporaryFolder())).toBeUndefined();
  });

  it('have their contents as bytes', async () => {
    const inputs = [
      { name: 'body', contentType: 'text/plain', content: { text: 'ü' } },
      { name: 'more', contentType: '', content: { base64: 'iVD/' } },
    ];
    const expected = { kind: 'json', status: 200, body: { text: '{"pred":7}' }, tolerance: 0.5 };
    const folder = await modelDir(
      JSON.stringify({ version: 1, requests: [REQUEST, { ...REQUEST, name: 'two', inputs, expected }] }),
    );
    expect(await readGolden(folder)).toEqual([
      REQUEST,
      {
        ...REQUEST,
        name: 'two',
        inputs: [
          { name: 'body', contentType: 'text/plain', content: Buffer.from('ü') },
          { name: 'more', contentType: '', content: Buffer.of(0x89, 0x50, 0xff) },
        ],
        expected: { kind: 'json', status: 200, body: Buffer.from('{"pred":7}'), tolerance: 0.5 },
      },
    ]);
  });

  it.each([
    ['are not JSON', 'nonsense', 'is not JSON ('],
    ['are no object', '[]', 'is not valid: expected object, received array'],
    [
      'are of another version',
      '{"version":2,"requests":[]}',
      'is not valid: version: expected 1; another version of model-archiver',
    ],
    ['are missing', '{"version":1}', 'is not valid: requests is missing'],
    [
      'are more than 1000',
      JSON.stringify({ version: 1, requests: Array.from({ length: 1001 }, () => REQUEST) }),
      'is not valid: requests: Too big',
    ],
    [
      'have no content',
      JSON.stringify({ version: 1, requests: [{ ...REQUEST, inputs: [{ name: 'x', contentType: '' }] }] }),
      'is not valid: requests.0.inputs.0.content: expected {"text": …} or {"base64": …}',
    ],
    [
      'have base64 that is none',
      JSON.stringify({
        version: 1,
        requests: [{ ...REQUEST, inputs: [{ name: 'x', contentType: '', content: { base64: 'iV?/' } }] }],
      }),
      'is not valid: requests.0.inputs.0.content: expected {"text": …} or {"base64": …}',
    ],
    [
      'expect JSON that is none',
      JSON.stringify({
        version: 1,
        requests: [{ ...REQUEST, expected: { kind: 'json', status: 200, tolerance: 0, body: { text: '{' } } }],
      }),
      'is not valid: requests.0.expected.body: expected JSON',
    ],
  ])('are refused when they %s', async (_, golden, problem) => {
    const folder = await modelDir(golden);
    await expect(readGolden(folder, 'm.mar')).rejects.toMatchObject({
      code: 'invalid_golden',
      message: expect.stringContaining(`m.mar: MAR-INF/golden.json ${problem}`),
    });
  });

  it('are refused when they are longer than 8 MiB', async () => {
    const folder = await modelDir('');
    await truncate(join(folder, GOLDEN_PATH), MAX_GOLDEN_BYTES + 1);
    await expect(readGolden(folder)).rejects.toThrow(`${folder}: MAR-INF/golden.json is longer than 8388608 bytes.`);
  });

  it('are said to be unreadable when they are no file', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, GOLDEN_PATH), { recursive: true });
    await expect(readGolden(folder)).rejects.toMatchObject({ code: 'unreadable' });
  });
});
