import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import AdmZip from 'adm-zip';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityModel } from '../fixtures/onnx-models.ts';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { post, send, sendJson } from '../helpers/http.ts';

let daemon: Daemon;

beforeAll(async () => {
  daemon = await startDaemon({
    fill: async (store) => {
      await addArchive(store, { name: 'good', source: ECHO });
      await addArchive(store, { name: 'identity', model: identityModel() });
    },
  });
  await post(`${daemon.management}/models?url=good.mar&initial_workers=1`);
  await post(`${daemon.management}/models?url=identity.mar&initial_workers=1`);
});

afterAll(() => daemon.close());

async function registerFile(name: string, content: Uint8Array | Record<string, string>) {
  const bytes = content instanceof Uint8Array ? content : zip(content);
  await writeFile(path.join(daemon.store, name), bytes);
  return post(`${daemon.management}/models?url=${name}&initial_workers=1`);
}

async function registerHandler(name: string, source: string, query = '') {
  await addArchive(daemon.store, { name, source });
  return post(`${daemon.management}/models?url=${name}.mar&initial_workers=1${query}`);
}

function zip(entries: Record<string, string>): Buffer {
  const archive = new AdmZip();
  for (const [name, text] of Object.entries(entries)) archive.addFile(name, Buffer.from(text));
  return archive.toBuffer();
}

const manifest = (handler: string, extra = '') =>
  `{"runtime":"node","model":{"modelName":"m","modelVersion":"1.0","handler":"${handler}"${extra}}}`;

const withConfig = (yaml: string) => ({
  'MAR-INF/MANIFEST.json': manifest('base_handler', ',"configFile":"c.yaml"'),
  'c.yaml': yaml,
});

async function expectServing() {
  const answer = await sendJson(`${daemon.inference}/predictions/good`, 1);
  expect([answer.status, answer.text]).toEqual([200, '1']);
}

describe('an archive that is none', () => {
  it.each([
    ['not a zip', 'a.mar', Buffer.from('this is no archive at all'), /a\.mar/],
    ['an empty file', 'b.mar', Buffer.alloc(0), /b\.mar/],
    ['a zip without a manifest', 'c.mar', { 'x.txt': 'x' }, /MANIFEST\.json/],
    ['a manifest that is not JSON', 'd.mar', { 'MAR-INF/MANIFEST.json': '{nope' }, /MANIFEST\.json.*JSON/is],
    ['a manifest without a name', 'e.mar', { 'MAR-INF/MANIFEST.json': '{"model":{"handler":"x"}}' }, /modelName/],
    ['a model config that is not YAML', 'f.mar', withConfig('a: ['), /c\.yaml/],
    ['a model config with a wrong value', 'g.mar', withConfig('batchSize: many'), /batchSize/],
    [
      'a model config of too many values',
      'l.mar',
      withConfig(`list: [${'1, '.repeat(200_000)}1]\n`),
      /more than 100000/,
    ],
    ['a model config in itself', 's.mar', withConfig('a: &x\n  b: *x\n'), /nested deeper than 100 levels/],
  ])('%s', async (_, name, content, problem) => {
    const answer = await registerFile(name, content);
    expect(answer.json()).toMatchObject({
      code: 400,
      type: 'InvalidModelException',
      message: expect.stringMatching(problem) as string,
    });
    await expectServing();
  });
});

describe('a handler that does not work', () => {
  it.each([
    ['does not parse', { 'h.mjs': 'export default class {' }, /h\.mjs|Unexpected/],
    ['throws on import', { 'h.mjs': "throw new Error('bad weather')" }, /bad weather/],
    ['exports nothing to call', { 'h.mjs': 'export const x = 1;' }, /handle/],
    ['is not in the archive', {}, /h\.mjs/],
    [
      'imports what is not there',
      { 'h.mjs': "import 'no-such-package'; export default class { handle() {} }" },
      /no-such-package/,
    ],
    ['ends its process', { 'h.mjs': 'process.exit(7)' }, /exited with code 7/],
  ])('%s', async (_, files, problem) => {
    const answer = await registerFile('h.mar', { 'MAR-INF/MANIFEST.json': manifest('h.mjs'), ...files });
    expect(answer.json()).toMatchObject({ code: 500, message: expect.stringMatching(problem) as string });
    await expectServing();
  });

  it('throws in initialize', async () => {
    const answer = await registerHandler(
      'upset',
      `export default class X { initialize() { throw new TypeError('not today'); } handle() {} }`,
    );
    expect(answer.json()).toMatchObject({ code: 500, message: expect.stringContaining('not today') as string });
    await expectServing();
  });

  it('never finishes initialize', async () => {
    const source = `export default class X { initialize() { return new Promise(() => {}); } handle() {} }`;
    const answer = await registerHandler('sleeper', source, '&startup_timeout=1');
    expect(answer.json()).toMatchObject({
      code: 500,
      message: expect.stringContaining('not ready after 1 s (startup_timeout)') as string,
    });
    await expectServing();
  });

  it('has a model that is garbage', async () => {
    await addArchive(daemon.store, { name: 'garbage', model: Buffer.from('these are not the weights') });
    const answer = await post(`${daemon.management}/models?url=garbage.mar&initial_workers=1`);
    expect(answer.json()).toMatchObject({ code: 500, message: expect.stringContaining('model.onnx') as string });
    await expectServing();
  });

  it('needs a runtime that is not here', async () => {
    const torch = {
      'MAR-INF/MANIFEST.json':
        '{"runtime":"python","model":{"modelName":"torch","modelVersion":"1.0","handler":"image_classifier"}}',
    };
    await writeFile(path.join(daemon.store, 'torch.mar'), zip(torch));
    expect((await post(`${daemon.management}/models?url=torch.mar`)).status).toBe(200);
    expect((await send(`${daemon.management}/models/torch`)).json()).toMatchObject([
      { runtime: 'python', workers: [] },
    ]);
    const answer = await send(`${daemon.management}/models/torch?min_worker=1&synchronous=true`, { method: 'PUT' });
    expect(answer.json()).toMatchObject({
      code: 500,
      message: expect.stringMatching(/runtime "python" is not available/) as string,
    });
    await expectServing();
  });
});

describe('input that a model without code cannot take', () => {
  const predict = (body: string, type = 'application/json') =>
    send(`${daemon.inference}/predictions/identity`, { method: 'POST', body, headers: { 'content-type': type } });

  it.each([
    ['an empty body', '', /empty/i],
    ['the wrong shape', '[[1,2,3]]', /x.*\[.*2\]|shape/],
    ['the wrong rank', '[[[[1,2]]]]', /x/],
    ['the wrong type', '["a","b"]', /x|number/],
    ['the wrong name', '{"z": [1,2]}', /z.*x|x.*z/s],
    ['NaN, which JSON does not have', '[NaN, 1]', /JSON/],
    ['a ragged array', '[[1,2],[3]]', /x|length/],
  ])('%s', async (_, body, problem) => {
    const answer = await predict(body);
    expect(answer.json()).toMatchObject({ code: 400, message: expect.stringMatching(problem) as string });
    expect((await predict('[1, 2]')).json()).toEqual([1, 2]);
  });
});

describe('a model config of some length', () => {
  const labels = (count: number) => Array.from({ length: count }, (_, i) => `  k${i}: v`).join('\n');
  const source = `export default class Labels {
    initialize({ modelConfig }) { this.labels = modelConfig.labels; }
    handle(data) { return data.map(({ body }) => this.labels[body]); }
  }`;

  it('is read: 20,000 labels', async () => {
    await addArchive(daemon.store, { name: 'labels', source, config: `labels:\n${labels(20_000)}` });
    const started = performance.now();
    expect((await post(`${daemon.management}/models?url=labels.mar&initial_workers=1`)).status).toBe(200);
    // Quadratic time took five seconds where nothing else ran.
    expect(performance.now() - started).toBeLessThan(20_000);
    const answer = await send(`${daemon.inference}/predictions/labels`, { method: 'POST', body: 'k19999' });
    expect(answer.text).toBe('v');
  });

  it('is refused beyond a megabyte, with the limit and a way out', async () => {
    const yaml = labels(500_000);
    const answer = await registerFile('long.mar', withConfig(yaml));
    expect(answer.json()).toMatchObject({
      code: 400,
      message: `The model config c.yaml is not valid: it has ${yaml.length} bytes, more than 1048576. Put what is that long into a file of its own, which the handler reads.`,
    });
  });
});

describe('an archive whose files are not those that were packaged', () => {
  it('is refused, and names the file and the digests', async () => {
    await addArchive(daemon.store, { name: 'changed', source: ECHO, files: { 'labels.txt': 'cat' } });
    const archive = new AdmZip(path.join(daemon.store, 'changed.mar'));
    archive.updateFile('labels.txt', Buffer.from('dog'));
    const answer = await registerFile('changed.mar', archive.toBuffer());
    const digest = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(answer.json()).toMatchObject({
      code: 400,
      type: 'InvalidModelException',
      message: expect.stringMatching(
        new RegExp(
          `labels\\.txt differs from its digest .*${digest('cat')}, came ${digest('dog')}.*verify_archives=false`,
        ),
      ) as string,
    });
    await expectServing();
  });

  it('is taken with verify_archives=false', async () => {
    const lax = await startDaemon({
      config: { verify_archives: false },
      fill: async (store) => {
        await addArchive(store, { name: 'changed', source: ECHO, files: { 'labels.txt': 'cat' } });
        const archive = new AdmZip(path.join(store, 'changed.mar'));
        archive.updateFile('labels.txt', Buffer.from('dog'));
        await writeFile(path.join(store, 'changed.mar'), archive.toBuffer());
      },
    });
    try {
      expect((await post(`${lax.management}/models?url=changed.mar`)).status).toBe(200);
    } finally {
      await lax.close();
    }
  });
});

describe('an archive that would do harm', () => {
  it('is refused: entries outside, entries twice', async () => {
    const outside = new AdmZip();
    outside.addFile('MAR-INF/MANIFEST.json', Buffer.from(manifest('base_handler')));
    outside.addFile('xx/evil.txt', Buffer.from('x'));
    const bytes = Buffer.from(outside.toBuffer().toString('latin1').replaceAll('xx/evil.txt', '../evil.txt'), 'latin1');
    expect((await registerFile('slip.mar', bytes)).json()).toMatchObject({ code: 400, type: 'InvalidModelException' });
    await expectServing();
  });
});
