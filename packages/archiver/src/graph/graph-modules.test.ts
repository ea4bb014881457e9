import { symlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { packageModel } from '../package-model.ts';
import type { PackageOptions } from '../package-options.ts';
import { createProject, unpacked } from '../test-support/project.ts';

const TWICE =
  'export const transform = ({ instances }: { instances: number[] }): number[] => instances.map((x) => 2 * x);';

async function packaging(
  graph: unknown,
  files: Readonly<Record<string, string>>,
  changes: Partial<PackageOptions> = {},
) {
  const project = await createProject({ 'g.yaml': JSON.stringify({ graph }), ...files });
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message);
  const options = project.options({ handler: 'graph', configFile: project.at('g.yaml'), onWarning, ...changes });
  return { ...project, warnings, run: () => packageModel(options) };
}

async function packaged(...args: Parameters<typeof packaging>) {
  const { run, warnings } = await packaging(...args);
  return { files: await unpacked((await run()).path), warnings };
}

const step = (handler: string) => ({ handler });

describe('the modules of a graph', () => {
  it('are bundled, each once and in its folder, and the graph stays as it was written', async () => {
    const graph = {
      sequence: [
        step('twice.ts'),
        step('./a/twice.ts'),
        step('b/twice.mts:transform'),
        step('twice.ts'),
        { router: { a: 'price' }, policy: step('c/pick.ts') },
      ],
      fallback: { parallel: ['price'], combine: step('a/twice.ts:transform') },
    };
    const { files, warnings } = await packaged(graph, {
      'twice.ts': `import { f } from './a/help.ts'; ${TWICE} export const g = f;`,
      'a/help.ts': 'export const f: number = 1;',
      'a/twice.ts': TWICE,
      'b/twice.mts': TWICE,
      'c/pick.ts': "export const route = (): string => 'a';",
    });
    const scripts = ['a/twice.mjs', 'b/twice.mjs', 'c/pick.mjs', 'twice.mjs'].flatMap((path) => [path, `${path}.map`]);
    expect(Object.keys(files).sort()).toEqual(['MAR-INF/MANIFEST.json', 'g.yaml', ...scripts].sort());
    expect(files['g.yaml']).toBe(JSON.stringify({ graph }));
    expect(warnings).toEqual([]);
  });

  it('may be links, and import what the server has, and what stays outside', async () => {
    const { at, options } = await createProject({
      'g.yaml': 'graph: { handler: link.ts }\r\n',
      'elsewhere/real.ts': `import { PredictionError } from '@marserve/handlers'; import fast from 'fast'; ${TWICE} export const all = [PredictionError, fast];`,
      'node_modules/fast/package.json': '{"main":"i.js"}',
      'node_modules/fast/i.js': 'module.exports = 1;',
      'requirements.txt': 'fast',
    });
    await symlink(at('elsewhere/real.ts'), at('link.ts'));
    const files = { configFile: at('g.yaml'), requirementsFile: at('requirements.txt') };
    const { 'link.mjs': bundle } = await unpacked((await packageModel(options({ handler: 'graph', ...files }))).path);
    for (const name of ['@marserve/handlers', 'fast']) expect(bundle).toContain(`from "${name}"`);
  });

  it('are taken as they are when they are extra files alone', async () => {
    const project = await createProject({
      'g/g.yaml': JSON.stringify({ graph: step('plain.mjs') }),
      'plain.mjs': 'export default (x) => x;',
    });
    const options = { handler: 'graph', configFile: project.at('g/g.yaml'), extraFiles: [project.at('plain.mjs')] };
    const { path } = await packageModel(project.options(options));
    expect((await unpacked(path))['plain.mjs']).toBe('export default (x) => x;');
  });
});

describe('a graph is refused whose module', () => {
  it.each([
    [
      'is not there',
      { sequence: [step('gone.ts'), step('a/gone.ts')] },
      {},
      'missing_file',
      /File does not exist: .*\/gone\.ts \(graph\.sequence\[0\]\.handler of .*g\.yaml\)\n.*a\/gone\.ts/,
    ],
    ['is a folder', step('a.ts'), { 'a.ts/b': '' }, 'missing_file', /Not a file: .*a\.ts/],
    [
      'does not bundle',
      step('a.ts'),
      { 'a.ts': 'export const a = ;' },
      'invalid_handler',
      /could not be bundled:[^]*a\.ts:1:/,
    ],
    [
      'throws at import',
      step('a/b.ts'),
      { 'a/b.ts': '\n\nthrow new TypeError("no" as string);' },
      'invalid_model',
      /graph\.handler: a\/b\.ts: no \(at .*\/a\/b\.ts:3:7\)/,
    ],
    [
      'has not the function',
      step('a.ts'),
      { 'a.ts': 'export const scale = 1;' },
      'invalid_model',
      /graph\.handler: a\.ts: it exports scale \(number\); expected a function "transform"/,
    ],
    ['ends the process', step('a.ts'), { 'a.ts': 'process.exit(3);' }, 'invalid_model', /ended with exit code 3/],
    [
      'differs by the extension alone',
      { sequence: [step('a.ts'), step('a.mjs')] },
      { 'a.ts': TWICE, 'a.mjs': '' },
      'path_conflict',
      /a\.ts and .*a\.mjs differ by their extensions alone/,
    ],
    [
      'is a bundle of the archive’s own',
      step('a.ts'),
      { 'a.ts': TWICE },
      'path_conflict',
      /Two files need the path a\.mjs/,
    ],
    [
      'lies outside',
      step('../a.ts'),
      {},
      'invalid_option',
      /graph\.handler must be a file in the folder of the graph's file/,
    ],
    [
      'lies where the manifest does',
      step('MAR-INF/a.ts'),
      { 'MAR-INF/a.ts': TWICE },
      'invalid_option',
      /the folder MAR-INF of an archive belongs to its manifest/,
    ],
  ])('%s', async (what, graph, files, code, message) => {
    const { at, run } = await packaging(graph, { ...files, 'other/a.mjs': '1' }, {});
    const own = what.startsWith('is a bundle')
      ? await packaging(graph, files, { extraFiles: [at('other/a.mjs')] })
      : { run };
    await expect(own.run()).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });

  it('does not end its import', async () => {
    const { run } = await packaging(
      step('a.ts'),
      { 'a.ts': 'setInterval(() => {}, 100); await new Promise(() => {});' },
      { importTimeout: 500 },
    );
    await expect(run()).rejects.toThrow('did not load within 0.5 s and was stopped');
  });
});
