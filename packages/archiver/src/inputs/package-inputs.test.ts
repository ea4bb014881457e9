import { readdir, rm, truncate } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { packageModel } from '../package-model.ts';
import { QUICK, createProject, unpacked } from '../test-support/project.ts';

describe('the names', () => {
  it.each(['', ' ', 'a b', '../x', '.hidden', '-x', 'naïve', 'a/b', 'a\n'])(
    'of a model cannot be %j',
    async (modelName) => {
      const { options } = await createProject();
      await expect(packageModel(options({ ...QUICK, modelName }))).rejects.toThrow(
        'Model name contains special characters.\nThe allowed regular expression filter for model name is: ^[A-Za-z0-9][A-Za-z0-9_\\-.]*$',
      );
    },
  );

  it('of a version cannot be empty', async () => {
    const { options } = await createProject();
    await expect(packageModel(options({ ...QUICK, version: ' ' }))).rejects.toThrow('--version');
  });

  it('of files that do not exist are all told at once, and nothing is written', async () => {
    const { store, at, options } = await createProject();
    const run = packageModel(
      options({
        exportPath: at('never'),
        handler: at('h.ts'),
        serializedFile: at('m.onnx'),
        modelFile: at('model.py'),
        requirementsFile: at('r.txt'),
        configFile: at('c.yaml'),
        extraFiles: [at('e1'), at('handler.ts'), at('e2')],
      }),
    );
    const error = await run.then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error?.message.split('\n')).toEqual([
      `File does not exist: ${at('h.ts')} (--handler)`,
      `File does not exist: ${at('m.onnx')} (--serialized-file)`,
      `File does not exist: ${at('model.py')} (--model-file)`,
      `File does not exist: ${at('r.txt')} (--requirements-file)`,
      `File does not exist: ${at('c.yaml')} (--config-file)`,
      `File does not exist: ${at('e1')} (--extra-files)`,
      `File does not exist: ${at('e2')} (--extra-files)`,
    ]);
    expect(await readdir(store)).toEqual([]);
    expect(await readdir(at('.'))).not.toContain('never');
  });

  it('needs a model for a built-in handler', async () => {
    const { options } = await createProject({});
    await expect(packageModel(options({ handler: 'base_handler' }))).rejects.toThrow(
      'The handler base_handler needs a model: name it with --serialized-file',
    );
  });
});

describe('a size', () => {
  it.each(['default', 'zip-store'] as const)(
    'beyond what %s can hold is refused before anything is read',
    async (archiveFormat) => {
      const { at, options } = await createProject({ one: '', two: '', three: '' });
      await truncate(at('one'), 2 ** 31);
      await expect(packageModel(options({ ...QUICK, archiveFormat, serializedFile: at('one') }))).rejects.toMatchObject(
        {
          code: 'too_large',
          message: expect.stringMatching(
            /one has 2147483648 bytes.*--archive-format tgz or --archive-format no-archive/,
          ),
        },
      );
      for (const name of ['one', 'two', 'three']) await truncate(at(name), 1.5 * 2 ** 30);
      const extraFiles = ['one', 'two', 'three'].map(at);
      await expect(packageModel(options({ ...QUICK, archiveFormat, extraFiles }))).rejects.toMatchObject({
        code: 'too_large',
        message: expect.stringContaining('bytes together'),
      });
    },
  );
});

describe('a handler', () => {
  it('in Python is copied, and TorchServe can read the archive', async () => {
    const { at, options } = await createProject({
      'my_handler.py': 'def handle(data, context): return data',
      'model.pt': 'weights',
    });
    const changes = { serializedFile: at('model.pt') };
    const { manifest, path } = await packageModel(options({ ...changes, handler: `${at('my_handler')}:handle` }));
    expect(manifest).toMatchObject({
      runtime: 'python',
      model: { handler: 'my_handler:handle', serializedFile: 'model.pt' },
    });
    expect(Object.keys(await unpacked(path))).toContain('my_handler.py');
    const other = await packageModel(
      options({ ...changes, handler: at('my_handler.py'), runtime: 'python3', force: true }),
    );
    expect(other.manifest).toMatchObject({ runtime: 'python3', model: { handler: 'my_handler.py' } });
  });

  it.each([
    ['image_classifier', undefined, 'node'],
    ['base_transformer', undefined, 'node'],
    ['base_handler', 'python', 'python'],
    ['text_classifier', 'python', 'python'],
    ['BaseHandler', 'LSP', 'LSP'],
  ] as const)('that is built in is not copied: %s (--runtime %s)', async (handler, runtime, expected) => {
    const { options } = await createProject();
    const { manifest, path } = await packageModel(options({ ...QUICK, handler, runtime }));
    expect(manifest).toMatchObject({ runtime: expected, model: { handler } });
    expect(Object.keys(await unpacked(path))).toEqual(['MAR-INF/MANIFEST.json']);
  });

  it.each([
    ['image_clasifier', 'image_classifier'],
    ['tabular-clasifier', 'tabular_classifier'],
    ['BaseHandler', 'base_handler'],
  ])('is guessed when it is misspelt: %s', async (handler, meant) => {
    const { options } = await createProject();
    await expect(packageModel(options({ ...QUICK, handler }))).rejects.toThrow(`Did you mean ${meant}?`);
  });

  it('of TorchServe asks for the runtime python', async () => {
    const { options } = await createProject();
    await expect(packageModel(options({ ...QUICK, handler: 'text_classifier' }))).rejects.toThrow(
      'needs --runtime python',
    );
  });

  it.each([
    ['handler.ts', 'python', /does not fit the runtime python: expected a file that ends in \.py/],
    ['handler.py', 'node', /does not fit the runtime node.*Leave --runtime out/],
    ['handler.txt', undefined, /expected a file that ends in \.ts, \.js/],
  ] as const)('must fit its runtime: %s (--runtime %s)', async (name, runtime, problem) => {
    const { at, options } = await createProject({ 'handler.py': '', 'handler.txt': '' });
    await expect(packageModel(options({ ...QUICK, handler: at(name), runtime }))).rejects.toThrow(problem);
  });

  it('without extension is looked for as .ts, .js, .mjs, .cjs, .py, in this order', async () => {
    const { at, options } = await createProject({ 'h.py': '', 'h.cjs': '', 'h.mjs': '', 'h.js': '', 'h.ts': '' });
    for (const extension of ['ts', 'js', 'mjs', 'cjs']) {
      const { manifest } = await packageModel(options({ ...QUICK, handler: at('h'), force: true }));
      expect(manifest.model.handler).toBe('h.mjs');
      await rm(at(`h.${extension}`));
    }
    const { manifest } = await packageModel(options({ ...QUICK, handler: at('h'), force: true }));
    expect(manifest.model.handler).toBe('h');
    expect(manifest.runtime).toBe('python');
  });
});
