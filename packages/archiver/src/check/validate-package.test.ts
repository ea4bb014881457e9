import { existsSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readManifest } from '../format/read-manifest.ts';
import { packageModel } from '../package-model.ts';
import { flatIndex } from '../test-support/flat-index.ts';
import { onnxModel } from '../test-support/onnx-model.ts';
import { createProject } from '../test-support/project.ts';

describe('the model', () => {
  it('gives its signature to the manifest', async () => {
    const { at, options } = await createProject({ 'model.onnx': onnxModel() });
    const { manifest } = await packageModel(options({ serializedFile: at('model.onnx') }));
    expect(manifest.model.signature).toEqual({
      inputs: [{ name: 'x', type: 'float32', shape: ['batch', 2] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['batch', 2] }],
    });
    expect(await readManifest(at('store/m.mar'))).toEqual(JSON.parse(JSON.stringify(manifest)));
  });

  it('brings its external data along', async () => {
    const { at, options } = await createProject({
      'model/model.onnx': onnxModel('weights/w.bin'),
      'model/weights/w.bin': Buffer.alloc(8),
    });
    const { manifest } = await packageModel(options({ serializedFile: at('model/model.onnx') }));
    expect(Object.keys(manifest.files ?? {})).toContain('weights/w.bin');
  });

  it('is refused when its external data is missing, naming it', async () => {
    const { at, store, options } = await createProject({ 'model.onnx': onnxModel('weights.bin') });
    await expect(packageModel(options({ serializedFile: at('model.onnx') }))).rejects.toThrow(/weights\.bin/);
    expect(await readdir(store)).toEqual([]);
  });

  it.each([['garbage'], ['']])('is refused when it is not ONNX: %j', async (content) => {
    const { at, options } = await createProject({ 'model.onnx': content });
    await expect(packageModel(options({ serializedFile: at('model.onnx') }))).rejects.toMatchObject({
      code: 'invalid_model',
      message: expect.stringContaining('model.onnx'),
    });
  });

  it('is not opened with validate false, nor when it is not ONNX', async () => {
    const { at, options } = await createProject({ 'model.onnx': 'garbage', 'model.pt': 'garbage' });
    await packageModel(options({ validate: false, serializedFile: at('model.onnx') }));
    const { manifest } = await packageModel(options({ force: true, serializedFile: at('model.pt') }));
    expect(manifest.model.signature).toBeUndefined();
  });

  it('takes its size from the file that was packaged', async () => {
    const { at, options } = await createProject({ 'model.onnx': onnxModel() });
    const { path, size } = await packageModel(options({ serializedFile: at('model.onnx') }));
    expect((await stat(path)).size).toBe(size);
  });
});

describe('the built-in handler whose model is elsewhere', () => {
  const packaging = async (config: string, extra: Readonly<Record<string, string>> = {}) => {
    const { at, options } = await createProject({ 'model.yaml': config, ...extra });
    const extraFiles = Object.keys(extra).map((name) => at(name));
    return packageModel(options({ handler: 'base_transformer', configFile: at('model.yaml'), extraFiles }));
  };
  const explainer = 'explainer: {method: kernel_shap, background: b.json}\n';

  it.each([
    '',
    'predictor_host: 127.0.0.1:1\nenable_predictor_health_check: true\n',
    'predictor_host: "local:price"\n',
  ])('needs no model, and no predictor yet: %j', async (config) => {
    const { manifest } = await packaging(`${config}${explainer}`, { 'b.json': '[[1, 2]]' });
    expect(manifest.model.serializedFile).toBeUndefined();
  });

  it.each([
    ['predictor_protocol: v3\n', 'predictor_protocol must be one of v1, v2, grpc-v2'],
    [explainer, 'Package it with --extra-files'],
    ['explainer: {method: tree_shap}\n', 'tree_shap: expected a handler that extends BaseHandler'],
  ])('is refused with a wrong config: %j', async (config, problem) => {
    await expect(packaging(config)).rejects.toThrow(problem);
  });
});

describe('a built-in handler', () => {
  const fixture = (name: string): string =>
    fileURLToPath(new URL(`../../../../test/fixtures/classifiers/${name}.onnx`, import.meta.url));

  it.each([
    ['base_handler', 'base_handler:\n  stac: true', 'unknown key base_handler.stac; known are stack'],
    ['base_handler', 'base_handler:\n  stack: maybe', 'base_handler.stack must be true or false, got "maybe"'],
    ['base_handler', 'onnx:\n  intraOpNumThreads: -1', 'onnx.intraOpNumThreads must be an integer of at least 0'],
    ['base_handler', 'onnx:\n  executionProviders: 5', 'onnx.executionProviders'],
  ])('refuses a config that keeps it from starting: %s, %j', async (handler, yaml, message) => {
    const { at, options } = await createProject({ 'model.onnx': onnxModel(), 'model.yaml': yaml });
    const asked = options({ handler, serializedFile: at('model.onnx'), configFile: at('model.yaml') });
    await expect(packageModel(asked)).rejects.toThrow(message);
  });

  it('takes execution providers that this machine may not have', async () => {
    const yaml = 'onnx:\n  executionProviders: [cuda, cpu]';
    const { at, options } = await createProject({ 'model.onnx': onnxModel(), 'model.yaml': yaml });
    const asked = options({
      handler: 'base_handler',
      serializedFile: at('model.onnx'),
      configFile: at('model.yaml'),
    });
    expect((await packageModel(asked)).manifest.model.handler).toBe('base_handler');
  });

  it.each([
    ['tabular_classifier', 'none_linear', /none_linear\.onnx: Expected a classifier.*base_handler serves/],
    ['tabular_classifier', 'none_forest', /made by TreeEnsembleRegressor.*base_handler serves/],
    ['image_classifier', 'none_linear', /none_linear\.onnx: /],
  ])('%s refuses %s', async (handler, name, problem) => {
    const { store, options } = await createProject();
    await expect(packageModel(options({ handler, serializedFile: fixture(name) }))).rejects.toThrow(problem);
    expect(await readdir(store)).toEqual([]);
  });

  it('takes what it can answer for, with external data too, and every model with validate false', async () => {
    const { at, options } = await createProject({
      'model.onnx': onnxModel('weights/w.bin'),
      'weights/w.bin': Buffer.alloc(8),
    });
    const handler = 'tabular_classifier';
    for (const serializedFile of [fixture('svc_p__3__str__zip'), fixture('ml_mo__nozip'), at('model.onnx')]) {
      const { manifest } = await packageModel(options({ handler, serializedFile, force: true }));
      expect(manifest.model.handler).toBe(handler);
    }
    await packageModel(options({ handler, serializedFile: fixture('none_linear'), force: true, validate: false }));
    const asked = options({ handler: 'base_handler', serializedFile: fixture('none_linear'), force: true });
    expect((await packageModel(asked)).manifest.model.handler).toBe('base_handler');
  });

  it('is checked with the YAML file', async () => {
    const { at, options } = await createProject({
      'logit.yaml': 'tabular_classifier:\n  scores: logits\nonnx:\n  executionProviders: cuda\n',
      'short.yaml': 'tabular_classifier: { labels: [a, b] }',
      'typo.yaml': 'tabular_classifier: { label: [a, b] }',
      'bad.yaml': 'a: [',
      'list.yaml': '- 1',
    });
    const packed = (name: string, configFile: string) =>
      packageModel(
        options({
          handler: 'tabular_classifier',
          serializedFile: fixture(name),
          configFile: at(configFile),
          force: true,
        }),
      );
    await packed('none_linear', 'logit.yaml');
    await expect(packed('rf__3__shift__nozip', 'short.yaml')).rejects.toThrow('must be a list of 3 names');
    await expect(packed('rf__3__shift__nozip', 'typo.yaml')).rejects.toThrow('unknown key tabular_classifier.label;');
    await expect(packed('rf__3__shift__nozip', 'bad.yaml')).rejects.toThrow(
      /bad\.yaml \(--config-file\): expected YAML: /,
    );
    await expect(packed('rf__3__shift__nozip', 'list.yaml')).rejects.toThrow('expected a mapping of keys to values');
  });
});

describe('vector_search', () => {
  async function packed(yaml: string, { dimension = 2, extraFiles = ['faiss_index.bin', 'faiss_label.json'] } = {}) {
    const { at, options } = await createProject({
      'model.onnx': onnxModel(),
      'faiss_index.bin': flatIndex(dimension),
      'faiss_label.json': '["a"]',
      'model.yaml': yaml,
    });
    return packageModel(
      options({
        handler: 'vector_search',
        serializedFile: at('model.onnx'),
        configFile: at('model.yaml'),
        extraFiles: extraFiles.map(at),
      }),
    );
  }

  it('is tried with its index and its YAML file', async () => {
    expect((await packed('vector_search: { k: 1 }')).manifest.model.handler).toBe('vector_search');
  });

  it.each([
    ['vector_search: { kk: 3 }', {}, 'unknown key vector_search.kk'],
    ['vector_search: { k: 0 }', {}, 'vector_search.k must be'],
    ['vector_search: { output: z }', {}, 'vector_search.output must be an output of the model (y), got "z"'],
    ['vector_search: { image: {} }', {}, 'a model whose input takes images'],
    ['vector_search: { index: other.bin }', {}, 'The archive has no index file "other.bin". Add it with --extra-files'],
    ['{}', { extraFiles: ['faiss_label.json'] }, 'The archive has no index file "faiss_index.bin"'],
    ['{}', { dimension: 3 }, 'the index has vectors of 3'],
  ])('is refused as the server would: %s, %j', async (yaml, parts, message) => {
    await expect(packed(yaml, parts)).rejects.toThrow(message);
  });
});

describe('the handler', () => {
  it('is imported as the server will import it: with its packages, beside the files of the archive', async () => {
    const { at, options } = await createProject({
      'handler.ts': `
        import { readFileSync } from 'node:fs';
        import { BaseHandler } from '@marserve/handlers';
        import { Tensor } from 'onnxruntime-node';
        import sharp from 'sharp';
        export const labels: unknown = JSON.parse(readFileSync(new URL('data/labels.json', import.meta.url), 'utf8'));
        export default class Mine extends BaseHandler { used = [Tensor, sharp]; }`,
      'data/labels.json': '["a"]',
    });
    const { manifest } = await packageModel(options({ extraFiles: [at('data')] }));
    expect(manifest.model.handler).toBe('handler.mjs');
  });

  it('may be CommonJS, or a function that is named', async () => {
    const { at, options } = await createProject({
      'class.cjs':
        "const { BaseHandler } = require('@marserve/handlers'); module.exports = class Mine extends BaseHandler {};",
      'named.mjs': 'export const mine = (data) => data;',
    });
    await packageModel(options({ handler: at('class.cjs') }));
    const { manifest } = await packageModel(options({ handler: `${at('named')}:mine`, force: true }));
    expect(manifest.model.handler).toBe('named.mjs:mine');
  });

  it.each([
    ['throws on import', '\n\nthrow new TypeError("no weights" as string);', /no weights \(at .*handler\.ts:3:7\)/],
    ['exports nothing', 'console.log("hello" as string);', /handler/],
    ['lacks the function that was named', 'export function other(): void {}', /other/],
    ['imports what is not there', 'await import("node:nothing" as string);', /node:nothing/],
    ['ends the process', 'process.exit(3 as number);', /ended with exit code 3 and no answer/],
    [
      'crashes',
      'console.error("going down"); process.kill(process.pid, "SIGSEGV");',
      /signal SIGSEGV[^]*It printed:\ngoing down/,
    ],
  ])('is refused when it %s, and nothing is written', async (_, code, problem) => {
    const { at, store, options } = await createProject({ 'handler.ts': code });
    await expect(packageModel(options({ handler: `${at('handler.ts')}:handle` }))).rejects.toMatchObject({
      code: 'invalid_handler',
      message: expect.stringMatching(problem),
    });
    expect(await readdir(store)).toEqual([]);
  });

  it.each([
    ['never returns', 'while (Date.now() > (0 as number));', /did not import within 2 s and was stopped/],
    ['waits for ever', 'await new Promise<void>(() => {});', /did not import within 2 s/],
  ])('is refused when it %s, after its time, and nothing is written', async (_, code, problem) => {
    const { at, store, options } = await createProject({ 'handler.ts': code });
    await expect(
      packageModel(options({ handler: `${at('handler.ts')}:handle`, importTimeout: 2000 })),
    ).rejects.toMatchObject({
      code: 'invalid_handler',
      message: expect.stringMatching(problem),
    });
    expect(await readdir(store)).toEqual([]);
  });

  it('is not imported with validate false', async () => {
    const { options } = await createProject({ 'handler.ts': 'throw new Error("no" as string);' });
    await expect(packageModel(options({ validate: false }))).resolves.toBeDefined();
  });

  it('may use a package of the requirements file, which stays outside', async () => {
    const { at, options } = await createProject({
      'handler.ts': "import fast from 'fast'; export const handle: unknown = fast;",
      'node_modules/fast/package.json': '{"gypfile":true,"main":"index.js"}',
      'node_modules/fast/index.js': 'module.exports = (data) => data;',
      'native.txt': 'fast@1',
    });
    await expect(packageModel(options())).rejects.toThrow('--requirements-file');
    const { manifest } = await packageModel(options({ requirementsFile: at('native.txt') }));
    expect(manifest.model.requirementsFile).toBe('native.txt');
  });

  it('is let go when the packaging is stopped', async () => {
    const { at, options } = await createProject();
    const begun = at('begun');
    const loop = `writeFileSync(${JSON.stringify(begun)}, ''); while (Date.now() > (0 as number));`;
    await writeFile(at('handler.ts'), `import { writeFileSync } from 'node:fs'; ${loop}`);
    const controller = new AbortController();
    const reason = packageModel(options({ signal: controller.signal })).catch((error: unknown) => error);
    await expect.poll(() => existsSync(begun)).toBe(true);
    controller.abort(new Error('stopped'));
    expect(await reason).toEqual(new Error('stopped'));
  });
});
