import { readdir, truncate } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { extractArchive } from '../format/extract-archive.ts';
import type { GoldenRequest } from '../format/golden.ts';
import { readGolden } from '../format/read-golden.ts';
import { verifyFiles } from '../format/verify-files.ts';
import { ARCHIVE_FORMATS, type ArchiveFormat } from '../format/archive-formats.ts';
import { packageModel } from '../package-model.ts';
import { QUICK, createProject } from '../test-support/project.ts';
import { temporaryFolder } from '../test-support/temporary-folder.ts';

const PNG = Buffer.of(0x89, 0x50, 0xff, 0);

type Files = Readonly<Record<string, string | Buffer>>;

/** Packages a model with a golden file `golden/golden.json`, whose text or value is given, beside other files. */
async function packaged(golden: unknown, files: Files = {}, archiveFormat: ArchiveFormat = 'default') {
  const text = typeof golden === 'string' ? golden : JSON.stringify(golden);
  const project = await createProject({ 'golden/golden.json': text, ...files });
  const options = project.options({ ...QUICK, golden: project.at('golden/golden.json'), archiveFormat });
  return { ...project, run: () => packageModel(options) };
}

/** What a server reads of that archive. */
async function read(golden: unknown, files?: Files, format?: ArchiveFormat): Promise<readonly GoldenRequest[]> {
  const { run } = await packaged(golden, files, format);
  const { path } = await run();
  const destination = await temporaryFolder();
  await extractArchive(path, destination);
  expect((await verifyFiles(path)).differences).toEqual([]);
  return (await readGolden(destination)) ?? [];
}

describe('golden requests', () => {
  it.each(ARCHIVE_FORMATS)('are in the archive with every file they name (%s)', async (format) => {
    const golden = [
      { name: 'a seven', request: { file: 'seven.png', contentType: 'image/png' }, expect: { json: { pred: 7 } } },
      { name: 'warm-up', operation: 'explain', request: { text: 'ü' } },
    ];
    expect(await read(golden, { 'golden/seven.png': PNG }, format)).toEqual([
      {
        name: 'a seven',
        operation: 'predict',
        headers: { 'content-type': 'image/png' },
        inputs: [{ name: 'body', contentType: 'image/png', content: PNG }],
        expected: { kind: 'json', status: 200, body: Buffer.from('{"pred":7}'), tolerance: 0 },
      },
      {
        name: 'warm-up',
        operation: 'explain',
        headers: { 'content-type': 'text/plain' },
        inputs: [{ name: 'body', contentType: 'text/plain', content: Buffer.from('ü') }],
      },
    ]);
  });

  it('may be forms, with fields of any kind', async () => {
    const inputs = [
      { name: 'data', file: '../seven.png', contentType: 'Image/PNG; q=1' },
      { name: 'k', text: '3' },
      { name: 'options', json: { a: [1] } },
    ];
    const [form] = await read([{ name: 'form', request: { inputs, headers: { 'X-Tenant': 'a' } } }], {
      'seven.png': PNG,
    });
    expect(form).toMatchObject({
      headers: { 'content-type': 'multipart/form-data', 'X-Tenant': 'a' },
      inputs: [
        { name: 'data', contentType: 'image/png', content: PNG },
        { name: 'k', contentType: 'text/plain', content: Buffer.from('3') },
        { name: 'options', contentType: 'application/json', content: Buffer.from('{"a":[1]}') },
      ],
    });
  });

  it.each([
    ['a file', { file: 'x.bin' }, '', {}],
    ['a file of JSON', { file: 'x.JSON' }, 'application/json', { 'content-type': 'application/json' }],
    ['a file of text', { file: 'x.txt' }, 'text/plain', { 'content-type': 'text/plain' }],
    ['JSON', { json: null }, 'application/json', { 'content-type': 'application/json' }],
    ['base64', { base64: '' }, '', {}],
    [
      'a charset',
      { text: '', contentType: 'text/CSV; charset=utf-8' },
      'text/csv',
      { 'content-type': 'text/CSV; charset=utf-8' },
    ],
  ])('have the content type of %s', async (_, request, contentType, headers) => {
    const files = { 'golden/x.bin': PNG, 'golden/x.JSON': '{', 'golden/x.txt': '' };
    const [golden] = await read([{ name: 'n', request }], files);
    expect(golden).toMatchObject({ headers, inputs: [{ contentType }] });
  });

  it.each([
    [
      'JSON in a file',
      { file: 'a.json', tolerance: 0.01 },
      { kind: 'json', body: Buffer.from('[1.0]'), tolerance: 0.01 },
    ],
    [
      'JSON that is near, as far as each number is large',
      { json: [3e-4], relativeTolerance: 0.01 },
      { kind: 'json', body: Buffer.from('[0.0003]'), tolerance: 1e-8, relativeTolerance: 0.01 },
    ],
    [
      'both tolerances',
      { json: [1], relativeTolerance: 0.01, tolerance: 0 },
      { kind: 'json', body: Buffer.from('[1]'), tolerance: 0, relativeTolerance: 0.01 },
    ],
    ['null', { json: null }, { kind: 'json', body: Buffer.from('null'), tolerance: 0 }],
    ['text', { text: 'seven\n' }, { kind: 'bytes', body: Buffer.from('seven\n') }],
    ['a file', { file: 'seven.png', status: 201 }, { kind: 'bytes', status: 201, body: PNG }],
    ['nothing but a status', { status: 400 }, { kind: 'status', status: 400 }],
  ])('may expect %s', async (_, expected, stored) => {
    const files = { 'golden/a.json': '[1.0]', 'golden/seven.png': PNG };
    const [golden] = await read([{ name: 'n', request: { text: '' }, expect: expected }], files);
    expect(golden?.expected).toEqual({ status: 200, ...stored });
  });

  it('keep every digit of long integers, and every byte of files', async () => {
    const text = '[{"name":"ids","request":{"json":[12345678901234567890]},"expect":{"json":{"id":9007199254740993}}},';
    const marked = Buffer.from('\uFEFF{"a":\u00001}\r\n');
    const [ids, file] = await read(`\uFEFF${text}{"name":"b","request":{"file":"marked"}}]`, {
      'golden/marked': marked,
    });
    expect(String(ids?.inputs[0]?.content)).toBe('[12345678901234567890]');
    expect(ids?.expected).toMatchObject({ body: Buffer.from('{"id":9007199254740993}') });
    expect(file?.inputs[0]?.content).toEqual(marked);
  });

  it('may be raw tensors, whose zeros cost no more than other bytes', async () => {
    const tensor = Buffer.from(new BigInt64Array(600_000).fill(7n).buffer);
    const [golden] = await read([{ name: 'n', request: { file: 'tensor.bin' } }], { 'golden/tensor.bin': tensor });
    expect(golden?.inputs[0]?.content.equals(tensor)).toBe(true);
  });

  it('give the same bytes for the same inputs', async () => {
    const build = async () => {
      const { run } = await packaged([{ name: 'n', request: { json: { b: 1, a: 2 } } }]);
      const { manifest } = await run();
      return manifest.files?.['MAR-INF/golden.json'];
    };
    const first = await build();
    expect(first?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await build()).toEqual(first);
  });

  it('are not in an archive without them', async () => {
    const { options } = await createProject();
    const { path } = await packageModel(options(QUICK));
    const destination = await temporaryFolder();
    await extractArchive(path, destination);
    expect(await readGolden(destination)).toBeUndefined();
  });
});

describe('a packaging is refused, and nothing written, when', () => {
  it('the golden file is wrong', async () => {
    const { run, store, at } = await packaged([{ name: 'n' }]);
    await expect(run()).rejects.toThrow(
      `${at('golden/golden.json')} (--golden) is not valid:\n  "n": request is missing`,
    );
    expect(await readdir(store)).toEqual([]);
  });

  it('an expected file of JSON is none', async () => {
    const golden = [{ name: 'n', request: { text: '' }, expect: { file: 'answer.json' } }];
    const { run, at } = await packaged(golden, { 'golden/answer.json': '{"pred":' });
    await expect(run()).rejects.toThrow(
      `${at('golden/answer.json')} ("n" of ${at('golden/golden.json')}) is not JSON: `,
    );
  });

  it('the golden requests become more than 8 MiB by packing', async () => {
    const { run, at } = await packaged([{ name: 'n', request: { file: 'large' } }], { 'golden/large': '' });
    await truncate(at('golden/large'), 7 * 2 ** 20);
    await expect(run()).rejects.toMatchObject({ code: 'too_large', message: expect.stringContaining('8388608') });
  });
});
