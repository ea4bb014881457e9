/** What docs/handlers.md shows is true: its handlers are type-checked, packaged and served, its commands run. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import * as handlers from '@marserve/handlers';
import { createBatchContext, createModelContext } from '@marserve/handlers/context';
import { testHandler } from '@marserve/handlers/testing';
import sharp from 'sharp';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sumAndDifferenceModel } from '../fixtures/onnx-models.ts';
import { COLOURS, FLOWERS, HOUSE_PRICE, MIRROR } from '../fixtures/page-models.ts';
import { addArchive } from '../helpers/archives.ts';
import { registerModels, startDaemon, type Daemon } from '../helpers/daemon.ts';
import { send, sendJson } from '../helpers/http.ts';
import { readBlocks, ROOT, runBlock, type Block } from '../helpers/pages.ts';

const execFileAsync = promisify(execFile);
const PAGE = 'docs/handlers.md';
const EXAMPLE = `${ROOT}examples/house-price/`;
const BLOCKS = await readBlocks(PAGE);
const TEXT = await readFile(ROOT + PAGE, 'utf8');

const FACTS = {
  manifest: { runtime: 'node', model: { modelName: 'm', modelVersion: '1', handler: 'h' } },
  modelDir: '/',
  modelConfig: {},
  gpuId: -1,
  batchSize: 1,
  serverVersion: '0',
};

/** The folder that the page works in, as it is in a clone. */
let folder: string;
let root: string;
let daemon: Daemon;

beforeAll(async () => {
  await mkdir(`${ROOT}node_modules/.cache`, { recursive: true });
  // Inside node_modules, where `@marserve/handlers` is found and no other tool looks.
  root = await mkdtemp(`${ROOT}node_modules/.cache/handlers-page-`);
  const store = path.join(root, 'model-store');
  folder = path.join(root, 'examples/house-price');
  await mkdir(store);
  await cp(EXAMPLE, folder, { recursive: true });
  await symlink(`${ROOT}examples/digit-search`, path.join(root, 'examples/digit-search'));
  for (const [name, content] of Object.entries(await readersFiles())) await writeFile(path.join(folder, name), content);
  for (const [name, text] of namedBlocks()) await writeFile(path.join(folder, name), text);
  await addArchive(store, { name: 'both', model: sumAndDifferenceModel() });
  await addArchive(store, { name: 'mirror', model: MIRROR });
  daemon = await startDaemon({ config: { model_store: store } });
  await registerModels(daemon, ['both', 'mirror']);
});

afterAll(async () => {
  await daemon?.close();
  await rm(root, { recursive: true, force: true });
});

/** What a reader has of their own. */
async function readersFiles(): Promise<Record<string, Uint8Array>> {
  const red = sharp({ create: { width: 300, height: 260, channels: 3, background: '#f00' } });
  return { 'colours.onnx': COLOURS, 'flowers.onnx': FLOWERS, 'red.png': await red.png().toBuffer() };
}

/** Blocks that begin with a comment which is a file name. */
function namedBlocks(): [string, string][] {
  return BLOCKS.flatMap(({ text }): [string, string][] => {
    const name = /^(?:\/\/|#) ([\w-]+\.(?:ts|yaml))\n/.exec(text)?.[1];
    return name === undefined ? [] : [[name, text]];
  });
}

/** Runs a block in the page's folder; an error answer of curl is an answer. */
function run({ text }: Block): Promise<string> {
  const replace = {
    'npx model-archiver': `node ${ROOT}packages/archiver/bin/model-archiver.js`,
    'http://127.0.0.1:8080': daemon.inference,
    'http://127.0.0.1:8081': daemon.management,
  };
  const block = { language: 'bash', text: `cd ${folder}\n${text}` };
  return runBlock(block, { replace }).catch((error: { stdout?: string }) => {
    if (text.startsWith('curl') && error.stdout) return error.stdout;
    throw error;
  });
}

/** The same with some room for numbers that are not whole. */
function roughly(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : expect.closeTo(value, 2);
  if (Array.isArray(value)) return value.map(roughly);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, roughly(item)]));
}

/** The first two cells of each row, without backticks, of the table whose head begins so. */
function tableOf(head: string): [string, string][] {
  const [table = ''] = /^(?:\|.*\n)+/.exec(TEXT.slice(TEXT.indexOf(head))) ?? [];
  const rows = table.split('\n').slice(2, -1);
  return rows.map((row) => {
    const [, first = '', second = ''] = row.split('|').map((cell) => cell.trim().replaceAll('`', ''));
    return [first, second];
  });
}

/** For `testHandler`. */
function model(serializedFile = 'model.onnx') {
  return { modelDir: folder, serializedFile };
}

/** What a block prints, and what the page says that it prints; undefined where the page does not say. */
function read(text: string, { next }: Block): unknown {
  if (next?.language === 'json') return JSON.parse(text);
  return next?.language === 'text' ? text.trim() : undefined;
}

const COMMANDS = BLOCKS.filter(
  ({ language, text }) => language === 'bash' && !/model-server|npm |npx vitest/.test(text),
).map((block) => [block.text.split('\n').find((line) => /^(npx|curl)/.test(line)) ?? '', block] as const);
const isPackaging = ([title]: readonly [string, Block]) => title.startsWith('npx');

describe('the archives of the page', () => {
  const [again] = COMMANDS.filter(isPackaging).filter(([, { text }]) => text.includes('--force'));
  const once = COMMANDS.filter((command) => isPackaging(command) && command !== again);

  it.concurrent.each(once)('%s', async (_, block) => {
    expect(await run(block)).toMatch(/^Wrote .*registered with 1 initial workers/s);
  });

  it('may be packaged and registered again', async () => {
    expect(await run(again?.[1] as Block)).toMatch(/^Wrote .*unregistered.*registered with 1 initial workers/s);
  });
});

describe('the requests of the page', () => {
  it.each(COMMANDS.filter((command) => !isPackaging(command)))('%s', async (_, block) => {
    const output = await run(block);
    expect(read(output, block)).toEqual(roughly(read(block.next?.text ?? '', block)));
  });

  it('give one answer for a form, for a file and for JSON', async () => {
    const block = BLOCKS.find(({ text }) => text.includes('curl -T input.json'));
    expect(await run(block as Block)).toBe('[258]'.repeat(3));
  });
});

describe('base_handler', () => {
  it.each(tableOf('| JSON body'))('answers %s with %s', async (body, answer) => {
    const { text } = await sendJson(`${daemon.inference}/predictions/price`, body);
    expect(JSON.parse(text)).toEqual(JSON.parse(answer));
  });

  it('takes several inputs and gives several outputs as the page shows them', async () => {
    const [inputs, outputs] = BLOCKS.filter(({ text }) => /"(a|sum)":/.test(text)).map(({ text }) => text);
    const answer = await sendJson(`${daemon.inference}/predictions/both`, inputs);
    expect(answer.json()).toEqual(JSON.parse(outputs ?? ''));
  });

  it('carries every kind of value both ways, integers and float32 exactly', async () => {
    const mirror = (n: string) =>
      sendJson(
        `${daemon.inference}/predictions/mirror`,
        `{"n":[${n}],"x":["-Infinity",0.1],"b":[1,false],"s":["é",""]}`,
      );
    const rest = '"x_out":["-Infinity",0.10000000149011612],"b_out":[true,false],"s_out":["é",""]}';
    expect((await mirror('9007199254740993, -1')).text).toBe(`{"n_out":[9007199254740993,-1],${rest}`);
    expect((await mirror('"9007199254740993", "-1"')).text).toBe(`{"n_out":[9007199254740993,-1],${rest}`);
  });

  it('answers a scikit-learn classifier with label and probabilities', async () => {
    const { results } = await testHandler(handlers.BaseHandler, [[5.1, 3.5, 1.4, 0.2]], model('flowers.onnx'));
    expect(results).toEqual([
      { output_label: 'setosa', output_probability: expect.objectContaining({ setosa: expect.closeTo(0.97, 2) }) },
    ]);
  });

  it('takes the YAML file that the page shows', async () => {
    const config = load(await readFile(path.join(folder, 'price.yaml'), 'utf8')) as Record<string, unknown>;
    const { results } = await testHandler(handlers.BaseHandler, [[80, 3, 12]], { ...model(), modelConfig: config });
    expect(results).toEqual([[258]]);
  });
});

describe('the handlers of the page', () => {
  it('pass the test that the page shows, by the command that it shows', async () => {
    const block = BLOCKS.find(({ text }) => text.startsWith('npx vitest')) as Block;
    const output = await runBlock({ language: 'bash', text: `cd ${EXAMPLE}\n${block.text}` }, { env: { CI: 'true' } });
    expect(output).toMatch(/1 passed/);
  });

  it('pass the type checker', async () => {
    const compilerOptions = { composite: false, noEmit: true, rewriteRelativeImportExtensions: false };
    const config = { extends: `${ROOT}tsconfig.base.json`, compilerOptions, include: ['*.ts'] };
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = execFileAsync(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, '-p', folder]);
    expect(await tsc.catch((error: { stdout: string }) => error)).toMatchObject({ stdout: '' });
    expect(namedBlocks().filter(([name]) => name.endsWith('.ts'))).toHaveLength(7);
  });

  it('are the example and its test, word for word', async () => {
    for (const name of ['handler.ts', 'handler.test.ts'])
      expect(BLOCKS.map(({ text }) => text)).toContain(await readFile(EXAMPLE + name, 'utf8'));
    expect(await readFile(`${EXAMPLE}model.onnx`)).toEqual(HOUSE_PRICE);
  });

  it('set what the context lets them set', async () => {
    const form = new FormData();
    form.set('name', 'Ada');
    const greet = (language: string) =>
      send(`${daemon.inference}/predictions/greeting`, {
        method: 'POST',
        body: form,
        headers: { 'accept-language': language },
      });
    const answer = await greet('fr');
    expect([answer.text, answer.headers.get('content-type'), answer.headers.get('content-language')]).toEqual([
      '*Bonjour, Ada!*',
      'text/markdown',
      'fr',
    ]);
    expect(await greet('la')).toMatchObject({ status: 406, text: '{"known":["en","de","fr"]}' });
    expect((await send(`${daemon.metrics}/metrics?name[]=greetings_total`)).text).toContain('language="fr"');
    expect(await daemon.line('"languages":["en","de","fr"]')).toContain('"model":"greeting"');
  });

  it('describe themselves', async () => {
    const { text } = await send(`${daemon.management}/models/words?customized=true`);
    expect(JSON.parse(text)).toMatchObject([{ customizedMetadata: { ignored: ['the', 'and'] } }]);
  });
});

describe('the tables of the page have every', () => {
  it.each([
    ['base_handler', 'base_handler'],
    ['onnx', 'base_handler'],
    ['image_classifier', 'image_classifier'],
    ['tabular_classifier', 'tabular_classifier'],
    ['vector_search', 'vector_search'],
  ])('key of the section %s', async (section, handler) => {
    const modelConfig = { [section]: { nonsense: 1 } };
    const tested = testHandler({ handler, modelDir: folder }, [], { ...model(), modelConfig });
    const problem = await tested.then(() => '', String);
    const known = /known are (.*)$/.exec(problem)?.[1]?.split(', ');
    expect(tableOf(`| Key of \`${section}:\``).map(([key]) => key)).toEqual(expect.arrayContaining(known ?? []));
    expect(known).toHaveLength(tableOf(`| Key of \`${section}:\``).length);
  });

  it('member of the context', () => {
    const { context } = createBatchContext(createModelContext(FACTS, { onMetric() {}, onLog() {} }), []);
    const members = [...Object.keys(context), ...Object.getOwnPropertyNames(Object.getPrototypeOf(context))];
    const shown = tableOf('| Member').flatMap(([cell]) => [...cell.matchAll(/(\w+)(?:\([^)]*\))?(?:,|$)/g)]);
    expect(new Set(shown.map(([, name]) => name))).toEqual(new Set(members.filter((name) => name !== 'constructor')));
  });

  it('export of @marserve/handlers', () => {
    const shown = tableOf('| Helper').flatMap(([cell]) => cell.replaceAll(/\([^)]*\)/g, '').split(', '));
    expect(new Set([...shown, 'BaseHandler', 'PredictionError'])).toEqual(new Set(Object.keys(handlers)));
  });
});
