import { truncate } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readGoldenFile } from './golden-file.ts';
import { createProject } from '../test-support/project.ts';

/** Why a golden file, whose text or value is given, is refused. */
async function refusal(golden: unknown): Promise<string> {
  const { at, folder } = await createProject({
    'golden.json': typeof golden === 'string' ? golden : JSON.stringify(golden),
  });
  const error = await readGoldenFile(at('golden.json')).then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason as Error,
  );
  expect(error).toMatchObject({ name: 'PackagingError' });
  return error.message.replaceAll(`${folder}/`, '');
}

describe('a golden file is refused', () => {
  const name = 'n';
  const request = { text: '' };

  it.each([
    ['is not JSON', '[', /^golden\.json \(--golden\) is not JSON: /],
    ['is no list', {}, 'expected array, received object'],
    ['is empty', [], 'Too small: expected array to have >=1 items'],
    ['has a request without a name', [{ name, request }, { request }], 'request 2: name is missing'],
    ['has something else than a request', [7], 'request 1: expected object, received number'],
    [
      'has a name twice',
      [
        { name, request },
        { name: 'o', request },
        { name, request },
      ],
      '"n": another request has the same name',
    ],
    [
      'has a name with a line break',
      [{ name: 'a\nb', request }],
      '"a\\nb": name: expected 1 to 200 printable characters',
    ],
    ['has no request', [{ name }], '"n": request is missing'],
    [
      'misspells a key',
      [{ name, request, expects: {} }],
      '"n": unknown: expects; expected name, operation, protocol, request, expect',
    ],
    [
      'misspells a deep key',
      [{ name, request: { ...request, typ: '' } }],
      '"n": request: unknown: typ; expected file, json, text, base64, inputs, contentType, headers',
    ],
    [
      'has an unknown operation',
      [{ name, request, operation: 'train' }],
      '"n": operation: Invalid option: expected one of "predict"|"explain"',
    ],
    [
      'has nothing to send',
      [{ name, request: {} }],
      '"n": request: expected one of file, json, text, base64, inputs; found none of them',
    ],
    [
      'has two things to send',
      [{ name, request: { text: '', json: null } }],
      '"n": request: expected one of file, json, text, base64, inputs; found json and text',
    ],
    ['has an empty form', [{ name, request: { inputs: [] } }], '"n": request.inputs: Too small'],
    [
      'has a field of nothing',
      [{ name, request: { inputs: [{ name: 'a' }] } }],
      '"n": request.inputs.0: expected one of file, json, text, base64; found none',
    ],
    [
      'gives a form a content type',
      [{ name, request: { inputs: [{ name: 'a', text: '' }], contentType: 'text/csv' } }],
      '"n": request.contentType: belongs to each of the inputs',
    ],
    [
      'sends a form as one body',
      [{ name, request: { text: 'a=1', contentType: 'application/x-www-form-urlencoded' } }],
      '"n": request.contentType: is that of a form',
    ],
    [
      'has a content type that is none',
      [{ name, request: { text: '', contentType: 'png' } }],
      '"n": request.contentType: expected a media type',
    ],
    [
      'has the content type as a header',
      [{ name, request: { text: '', headers: { 'Content-Type': 'a/b' } } }],
      '"n": request.headers: say contentType beside them instead',
    ],
    ['has wrong base64', [{ name, request: { base64: '!' } }], '"n": request.base64: expected base64'],
    [
      'expects nothing',
      [{ name, request, expect: {} }],
      '"n": expect: expected one of file, json, text, base64; found none of them',
    ],
    [
      'expects two things',
      [{ name, request, expect: { json: 1, file: 'a', status: 200 } }],
      '"n": expect: expected one of file, json, text, base64; found file and json',
    ],
    [
      'has a tolerance for text',
      [{ name, request, expect: { text: '1', tolerance: 0.1 } }],
      '"n": expect.tolerance: is for json',
    ],
    [
      'has a relative tolerance for bytes',
      [{ name, request, expect: { base64: '', relativeTolerance: 0.1 } }],
      '"n": expect.relativeTolerance: is for json',
    ],
    [
      'has a negative relative tolerance',
      [{ name, request, expect: { json: 1, relativeTolerance: -0.1 } }],
      '"n": expect.relativeTolerance: Too small: expected number to be >=0',
    ],
    [
      'has a tolerance above 1',
      [{ name, request, expect: { json: 1, tolerance: 2 } }],
      '"n": expect.tolerance: Too big: expected number to be <=1',
    ],
    ['has a status that is none', [{ name, request, expect: { status: 42 } }], '"n": expect.status: Too small'],
    [
      'has too many requests',
      Array.from({ length: 1001 }, (_, index) => ({ name: `${index}`, request })),
      'Too big: expected array to have <=1000 items',
    ],
  ])('that %s', async (_, golden, problem) => {
    const message = await refusal(golden);
    if (problem instanceof RegExp) expect(message).toMatch(problem);
    else expect(message).toContain(`golden.json (--golden) is not valid:\n  ${problem}`);
  });

  it('with everything that is wrong at once', async () => {
    const golden = [{ name: 'a', request: { txt: '' } }, { name: 'b', request, expect: { status: 7 } }, { request }];
    expect((await refusal(golden)).split('\n')).toEqual([
      'golden.json (--golden) is not valid:',
      expect.stringContaining('"a": request: unknown: txt'),
      expect.stringContaining('"a": request: expected one of'),
      expect.stringContaining('"b": expect.status'),
      expect.stringContaining('request 3: name is missing'),
    ]);
  });

  it('that names files which do not exist, all at once', async () => {
    const inputs = [{ name: 'a', file: 'two.png' }];
    const golden = [
      { name: 'one', request: { file: 'one.png' }, expect: { file: 'answer.json' } },
      { name: 'two', request: { inputs } },
    ];
    expect((await refusal(golden)).split('\n')).toEqual([
      'File does not exist: one.png ("one" of golden.json)',
      'File does not exist: answer.json ("one" of golden.json)',
      'File does not exist: two.png ("two" of golden.json)',
    ]);
  });

  it('that names more than 8 MiB, before they are read', async () => {
    const golden = JSON.stringify([{ name, request: { file: 'large' } }]);
    const { at } = await createProject({ 'golden.json': golden, large: '' });
    await truncate(at('large'), 2 ** 40);
    await expect(readGoldenFile(at('golden.json'))).rejects.toMatchObject({
      code: 'too_large',
      message: expect.stringContaining('have 1099511627776 bytes together, and may have 8388608. Use fewer'),
    });
  });

  it('that does not exist', async () => {
    await expect(readGoldenFile('none.json')).rejects.toThrow('File does not exist: none.json (--golden)');
  });
});
