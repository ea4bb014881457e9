import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { bundleHandler } from './bundle-handler.ts';
import { readRequirements } from './requirements.ts';
import { createProject } from '../test-support/project.ts';
import { temporaryFolder } from '../test-support/temporary-folder.ts';

const run = promisify(execFile);

/** Bundles one of the files; the bundle, its text and its source map. */
async function bundle(files: Readonly<Record<string, string>>, name = 'handler.ts', external: readonly string[] = []) {
  const project = await createProject(files);
  const directory = await temporaryFolder();
  const warnings: string[] = [];
  const written = await bundleHandler({
    file: project.at(name),
    directory,
    external,
    onWarning: (message) => warnings.push(message),
  });
  const file = join(directory, 'handler.mjs');
  const [code, map] = await Promise.all([readFile(file, 'utf8'), readFile(`${file}.map`, 'utf8')]);
  return { written, directory, file, code, map, warnings, folder: project.folder };
}

/** What an expression gives when the bundle is imported as `m` by a process of its own. */
async function evaluate(file: string, expression: string): Promise<unknown> {
  const script = `const m = await import(${JSON.stringify(pathToFileURL(file))}); console.log(JSON.stringify(${expression}))`;
  const { stdout } = await run(process.execPath, ['--enable-source-maps', '--input-type=module', '-e', script]);
  return JSON.parse(stdout);
}

describe('a bundle', () => {
  it('is one ES module and its source map, named for the handler', async () => {
    const { written, directory, code } = await bundle({});
    expect(written.sort()).toEqual(['handler.mjs', 'handler.mjs.map']);
    expect((await readdir(directory)).sort()).toEqual(['handler.mjs', 'handler.mjs.map']);
    expect(code).toContain('//# sourceMappingURL=handler.mjs.map');
  });

  it("has the author's modules, JSON and pure-JS packages in it", async () => {
    const { file } = await bundle({
      'handler.ts':
        "import { a } from './lib/a.ts'; import b from 'b'; import c from './c.json'; export const all: string[] = [a, b, c.c];",
      'lib/a.ts': "export const a: string = 'A';",
      'c.json': '{"c":"C"}',
      'node_modules/b/package.json': '{"main":"b.js"}',
      'node_modules/b/b.js': "module.exports = 'B';",
    });
    expect(await evaluate(file, 'm.all')).toEqual(['A', 'B', 'C']);
  });

  it("leaves what the server's installation has outside", async () => {
    const { code } = await bundle({
      'handler.ts': `
        import { BaseHandler } from '@marserve/handlers';
        import { Tensor } from '@marserve/handlers/tensor';
        import * as ort from 'onnxruntime-node';
        import sharp from 'sharp';
        import faiss from 'faiss-node';
        export default [BaseHandler, Tensor, ort, sharp, faiss];`,
    });
    for (const name of ['@marserve/handlers', '@marserve/handlers/tensor', 'onnxruntime-node', 'sharp', 'faiss-node']) {
      expect(code).toMatch(new RegExp(`from "${name}"`));
    }
  });

  it('shows nothing of this machine, and is the same from another folder', async () => {
    const files = {
      'handler.ts': "import b from 'b'; export const name = (): unknown => [b, __dirname];",
      'node_modules/b/package.json': '{}',
      'node_modules/b/index.js': "module.exports = require('node:path').sep + require('./c.js');",
      'node_modules/b/c.js': 'module.exports = __filename;',
    };
    const [one, other] = [await bundle(files), await bundle(files)];
    expect([one.code, one.map]).toEqual([other.code, other.map]);
    expect(one.code + one.map).not.toContain(one.folder);
    expect(JSON.parse(one.map)).toMatchObject({
      sources: expect.arrayContaining(['handler.ts', 'node_modules/b/index.js']),
    });
  });

  it('leads an error back to the line of the source', async () => {
    const { file } = await bundle({
      'handler.ts': '\n\nexport function fail(): never {\n  throw new Error("x" satisfies string);\n}',
    });
    expect(await evaluate(file, '(() => { try { m.fail() } catch (e) { return e.stack } })()')).toContain(
      'handler.ts:4:',
    );
  });

  it('keeps the names of classes, and may await at its top', async () => {
    const { file } = await bundle({ 'handler.ts': 'await Promise.resolve(); export default class MyHandler {}' });
    expect(await evaluate(file, 'm.default.name')).toBe('MyHandler');
  });

  it('passes on the warnings of esbuild', async () => {
    const { warnings } = await bundle({ 'handler.ts': 'export const x = (y: number): boolean => y === NaN;' });
    expect(warnings.join()).toContain('handler.ts:1:');
  });
});

describe('CommonJS', () => {
  it('is taken as a handler: exports, require and __dirname work', async () => {
    const { file, directory } = await bundle(
      {
        'handler.cjs':
          "const { sep } = require('fs') && require('path'); exports.all = [sep, __dirname, __filename, typeof require('./x.js')];",
        'x.js': 'module.exports = class {};',
      },
      'handler.cjs',
    );
    expect(await evaluate(file, 'm.default.all')).toEqual(['/', directory, file, 'function']);
  });

  it('is taken from packages, which may ask for a module by a name that they compute', async () => {
    const { file } = await bundle({
      'handler.ts': "import late from 'late'; export const answer = late('node:os').EOL;",
      'node_modules/late/package.json': '{}',
      'node_modules/late/index.js': 'module.exports = (name) => require(name);',
    });
    expect(await evaluate(file, 'm.answer')).toBe('\n');
  });

  it('does not collide with what an ES module has made for itself', async () => {
    const { file, directory } = await bundle({
      'handler.ts': `
        import { createRequire } from 'node:module';
        import { dirname } from 'node:path';
        import { fileURLToPath } from 'node:url';
        import late from 'late';
        const require = createRequire(import.meta.url);
        const __filename = fileURLToPath(import.meta.url);
        const __dirname = dirname(__filename);
        export const all: unknown[] = [__dirname, require('node:path').sep, late('node:path').sep];`,
      'node_modules/late/package.json': '{}',
      'node_modules/late/index.js': 'module.exports = (name) => require(name);',
    });
    expect(await evaluate(file, 'm.all')).toEqual([directory, '/', '/']);
  });
});

describe('a handler that does not bundle', () => {
  it.each([
    [
      'a syntax error',
      { 'handler.ts': 'export const a = 1;\nexport const b = ;' },
      /could not be bundled:\n[^]*handler\.ts:2:\d+/,
    ],
    ['a module that is not there', { 'handler.ts': "import './gone.ts';" }, /gone\.ts[^]*handler\.ts:1:/],
    ['a package that is not there', { 'handler.ts': "import 'left-pad';" }, /left-pad/],
  ])('is refused for %s, with file and line', async (_, files, problem) => {
    await expect(bundle(files)).rejects.toMatchObject({
      code: 'invalid_handler',
      message: expect.stringMatching(problem),
    });
  });
});

describe('a package with a native binary', () => {
  it.each([
    ['fast', { 'fast/package.json': '{}', 'fast/index.js': "require('./build/x.node')", 'fast/build/x.node': '' }],
    ['fast', { 'fast/package.json': '{}', 'fast/index.js': '', 'fast/binding.gyp': '' }],
    ['fast', { 'fast/package.json': '{"gypfile":true}', 'fast/index.js': '' }],
    ['@at/fast', { '@at/fast/package.json': '{"dependencies":{"bindings":"1"}}', '@at/fast/index.js': '' }],
    [
      '@at/fast-linux',
      {
        'fast/package.json': '{}',
        'fast/index.js': "module.exports = require('@at/fast-linux')",
        '@at/fast-linux/package.json': '{"main":"fast.node"}',
        '@at/fast-linux/fast.node': '',
      },
    ],
  ] satisfies [string, Record<string, string>][])(
    'is refused, named with a way out: %s with %j',
    async (name, packages) => {
      const installed = Object.entries(packages).map(([path, content]) => [`node_modules/${path}`, content]);
      const imported = Object.keys(packages)[0]?.replace('/package.json', '');
      const handler = `import * as fast from '${imported}'; export default fast;`;
      await expect(bundle({ 'handler.ts': handler, ...Object.fromEntries(installed) })).rejects.toMatchObject({
        code: 'invalid_handler',
        message: expect.stringMatching(
          new RegExp(`the package ${name}, which has a native binary.*--requirements-file`),
        ),
      });
    },
  );

  it('stays outside when the requirements file names it', async () => {
    const files = {
      'handler.ts': "import * as fast from '@at/fast'; export default fast;",
      'node_modules/@at/fast/package.json': '{}',
      'node_modules/@at/fast/binding.gyp': '',
    };
    const { code } = await bundle(files, 'handler.ts', ['@at/fast']);
    expect(code).toContain('from "@at/fast"');
  });
});

describe('a requirements file', () => {
  it('is a package.json, or has a package on each line', async () => {
    const { at } = await createProject({
      'package.json': '{"dependencies":{"fast":"^1.0.0","@at/fast":"2"},"devDependencies":{"vitest":"1"}}',
      'requirements.txt': '# native\nfast@^1.0.0\n\n@at/fast@2 # why\nthird\r\n',
    });
    expect(await readRequirements(at('package.json'))).toEqual(['fast', '@at/fast']);
    expect(await readRequirements(at('requirements.txt'))).toEqual(['fast', '@at/fast', 'third']);
  });

  it('is refused with the line that is wrong', async () => {
    const { at } = await createProject({ 'package.json': 'x', 'requirements.txt': 'fast\nnumpy >= 1.2' });
    await expect(readRequirements(at('requirements.txt'))).rejects.toThrow(
      /requirements\.txt:2: expected name or name@version, but found "numpy >= 1\.2"/,
    );
    await expect(readRequirements(at('package.json'))).rejects.toThrow(/package\.json is not JSON/);
  });
});
