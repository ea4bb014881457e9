import { readdir } from 'node:fs/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createProject, unpacked } from '../test-support/project.ts';
import { temporaryFolder } from '../test-support/temporary-folder.ts';
import { packageGraph, type GraphOptions } from './package-graph.ts';

const PLUS =
  'export const transform = ({ instances }: { instances: number[] }): number[] => instances.map((x) => x + 1);';

async function packaging(
  files: Readonly<Record<string, string>>,
  name = 'houses.yaml',
  changes: Partial<GraphOptions> = {},
) {
  const project = await createProject({ 'plus.ts': PLUS, ...files });
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message.replaceAll(project.folder, ''));
  const options = { file: project.at(name), exportPath: project.store, onWarning, validate: false, ...changes };
  return { ...project, warnings, options };
}

async function packaged(...args: Parameters<typeof packaging>) {
  const { options, warnings } = await packaging(...args);
  const result = await packageGraph(options);
  return { result, warnings, files: await unpacked(result.path) };
}

/** What it is refused with, the folder left out. */
async function refusal(...args: Parameters<typeof packaging>): Promise<string> {
  const { folder, store, options } = await packaging(...args);
  const message = await packageGraph(options).then(
    () => 'none',
    (error: Error) => error.message.replaceAll(`${folder}/`, ''),
  );
  expect(await readdir(store)).toEqual([]);
  return message;
}

describe('the file of a graph', () => {
  it.each([
    ['YAML', 'sequence:\n- price # the model\n- { handler: plus.ts }\n'],
    ['lines of Windows', '\uFEFFsequence:\r\n  - price\r\n  - handler: plus.ts\r\n'],
    ['JSON', '{"sequence": ["price", {"handler": "plus.ts"}]}'],
    ['JSON with tabs', '{\n\t"sequence": [\n\t\t"price",\n\t\t{"handler": "plus.ts"}\n\t]\n}'],
    ['a name', 'price/1.0'],
    ['anchors', 'x: &x [price]\n'.replace('x: ', 'sequence: ') + 'fallback: { sequence: *x }\nname: a\n'],
  ])('may be the graph alone: %s', async (_, text) => {
    const { result, files, warnings } = await packaged({ 'houses.yaml': text });
    expect(files['houses.yaml']).toMatch(/^graph:(\n  sequence:\n| price\/1\.0\n)/);
    expect(result.manifest.model).toMatchObject({
      modelName: 'houses',
      modelVersion: '1.0',
      handler: 'graph',
      configFile: 'houses.yaml',
    });
    expect(['sequence', 'node']).toContain(result.graph.kind);
    expect(warnings).toEqual([]);
  });

  it('may be a model’s YAML file, which is packed as it was written', async () => {
    const text = '# mine\nbatchSize: 4\ngraph: price\n';
    const { files, warnings } = await packaged({ 'houses.yaml': text });
    expect([files['houses.yaml'], warnings]).toEqual([text, []]);
  });

  it('may be JSON with further keys in another file', async () => {
    const files = { 'graph.json': '{"handler": "plus.ts"}', 'model.yaml': 'batchSize: 4\n' };
    const { at, options } = await packaging(files, 'graph.json', { modelName: 'plus', version: '2' });
    const { path, manifest } = await packageGraph({ ...options, validate: true, configFile: at('model.yaml') });
    const archive = await unpacked(path);
    expect(archive['graph.yaml']).toBe('batchSize: 4\ngraph:\n  handler: plus.ts\n');
    expect(Object.keys(archive)).toContain('plus.mjs');
    expect(manifest.model).toMatchObject({ modelName: 'plus', modelVersion: '2' });
  });

  it('lies anywhere: its modules lie beside it', async () => {
    const { files } = await packaged({ 'g/a/houses.yaml': 'handler: plus.ts', 'g/a/plus.ts': PLUS }, 'g/a/houses.yaml');
    expect(Object.keys(files).sort()).toEqual(['MAR-INF/MANIFEST.json', 'houses.yaml', 'plus.mjs', 'plus.mjs.map']);
  });

  it('may be packed with others of its name at once, and leaves nothing else behind', async () => {
    const { options, store } = await packaging({ 'houses.yaml': 'handler: plus.ts' });
    const runs = await Promise.allSettled(Array.from({ length: 4 }, () => packageGraph(options)));
    expect(runs.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readdir(store)).toEqual(['houses.mar']);
  });

  it('is warned about for keys that look like others', async () => {
    const { warnings } = await packaged({ 'houses.yaml': 'batchsize: 4\nmine: 1\ngraph: price\n' });
    expect(warnings).toEqual([
      '/houses.yaml: batchsize is no key of the server, only of the handler. Did you mean batchSize?',
    ]);
  });
});

describe('a graph is refused with file, line and column', () => {
  it.each([
    [
      'an unknown key, and the one that was meant',
      'graph:\n  sequence:\n  - price\n  - { model: a, retrys: 1 }\n',
      '4:17: unknown key graph.sequence\\[1\\].retrys; known are model, .*\\. Did you mean retries\\?',
    ],
    [
      'an unknown key of one alone',
      'sequence: [price]\ntimeoutms: 3\n',
      '2:1: unknown key graph.timeoutms; .* Did you mean timeout_ms\\?',
    ],
    [
      'an unknown test',
      'switch:\n- when: { path: a, abve: 1 }\n  step: b\n',
      '2:20: unknown test graph.switch\\[0\\].when.abve; .* Did you mean above\\?',
    ],
    [
      'a wrong value',
      'graph:\n  parallel:\n    "a.b c": { model: price, timeout_ms: soon }\n',
      '3:30: graph.parallel.a.b c.timeout_ms must be a number, got "soon"',
    ],
    [
      'a wrong value of a merge',
      'graph:\n  parallel:\n    a: &a { model: a, retries: 99 }\n    b: { <<: *a, model: b }\n',
      '3:23: graph.parallel.a.retries must be',
    ],
    [
      'a wrong value of an alias',
      'graph:\n  sequence:\n  - a\n  - { model: a, name: &n 3 }\n',
      '4:17: graph.sequence\\[1\\].name must be a text',
    ],
    [
      'a value that is missing',
      'graph:\n  switch:\n  - when: a\n',
      '3:5: graph.switch\\[0\\] must be an object with when and step',
    ],
    [
      'JSON',
      '{\n  "graph": {\n    "sequence": [\n      {"model": 1}\n]}}',
      '4:8: graph.sequence\\[0\\].model must be a text, got 1',
    ],
    [
      'lines of Windows',
      'graph:\r\n  sequence:\r\n  - a\r\n  - retries: 1\r\n',
      '4:5: graph.sequence\\[1\\] must be the name of a model',
    ],
    [
      'a name that is there twice',
      'parallel:\n  a: one\n  b: two\n  a: three\n',
      '4:\\d: expected YAML or JSON: duplicated mapping key',
    ],
    ['a branch that is there twice', 'parallel:\n- one\n- one\n', '1:1: graph.parallel has "one" twice'],
    [
      'a name with slashes',
      'sequence:\n- one/2/3\n',
      '2:3: graph.sequence\\[0\\].model must be MODEL or MODEL/VERSION, got "one/2/3"',
    ],
    [
      'a module outside',
      'graph:\n  handler: ../plus.ts\n',
      "2:3: graph.handler must be a file in the folder of the graph's file",
    ],
    ['no YAML', 'graph: [', '1:9: expected YAML or JSON: '],
    ['no JSON', '{"graph": "price"', '1:\\d+: expected YAML or JSON: '],
    ['an anchor that is not there', 'graph: *a', '1:\\d+: expected YAML or JSON: '],
  ])('%s', async (_, text, expected) => {
    expect(await refusal({ 'houses.yaml': text })).toMatch(new RegExp(`^houses\\.yaml:${expected}`));
  });

  it.each([
    ['nothing', '', 'came nothing: the file is empty'],
    ['comments', '# nothing\n', 'came nothing: the file is empty'],
    ['a list', '- a\n- b\n', "or a model's YAML file with the section graph; came"],
    ['another thing', 'apiVersion: v1\n', "or a model's YAML file with the section graph; came"],
    ['a misspelt section', 'grpah: price\n', 'Did you mean graph?'],
    ['an empty section', 'graph:\n', 'a graph needs the section graph'],
    ['a number', '1', 'came 1'],
    ['a text', 'hello world', 'came "hello world"'],
    ['a page', '<html>\n<body>x</body>', 'came "<html>'],
    ['several documents', 'a\n---\nb\n', 'expected one document, came 2'],
    ['a circle', 'graph: &a\n  sequence: [*a]\n', 'nested deeper than 100 levels'],
    ['a bomb', bomb(), 'values, counting what aliases repeat'],
    ['what is deep', `graph: ${'{sequence: ['.repeat(40)}a${']}'.repeat(40)}`, 'is nested too deep'],
    ['what is deeper', `graph: ${'['.repeat(3000)}`, 'expected YAML or JSON'],
    ['a NUL', 'graph: \0', 'expected YAML or JSON'],
    ['what is huge', `graph: price\n#${' '.repeat(9 * 2 ** 20)}`, "bytes, and a graph's file may have 8388608"],
    [
      'keys of the server that are wrong',
      'batchSize: many\ngraph: price\n',
      'houses.yaml (--file): batchSize: expected',
    ],
  ])('or for what it is: %s', async (_, text, expected) => {
    expect(await refusal({ 'houses.yaml': text })).toContain(expected);
  });

  it('or for what is not there, and what is there twice', async () => {
    expect(await refusal({}, 'gone.yaml')).toBe('File does not exist: gone.yaml (--file)');
    expect(await refusal({ 'd/a': '' }, 'd')).toBe('Not a file: d (--file)');
    expect(await refusal({ 'houses.yaml': 'handler: gone.ts' })).toBe(
      'File does not exist: gone.ts (graph.handler of houses.yaml)',
    );
    const { at, options } = await packaging({ 'houses.yaml': 'batchSize: 1\ngraph: a', 'm.yaml': 'batchSize: 2' });
    await expect(packageGraph({ ...options, configFile: at('m.yaml') })).rejects.toThrow('have the key batchSize');
  });

  it('or for a module that throws, of which the line is told, and leaves nothing behind', async () => {
    const temporary = await temporaryFolder();
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => void vi.unstubAllEnvs());
    const files = { 'houses.yaml': '{handler: s/bad.ts}', 's/bad.ts': '\nthrow new Error("bad" as string);' };
    expect(await refusal(files, 'houses.yaml', { validate: true })).toMatch(
      /^houses\.yaml: graph\.handler: s\/bad\.ts: bad \(at s\/bad\.ts:2:7\)/,
    );
    expect(await readdir(temporary)).toEqual([expect.stringMatching(/^archiver-test-/)]);
  });
});

function bomb(): string {
  const levels = Array.from(
    { length: 9 },
    (_, level) => `l${level + 1}: &l${level + 1} [${Array.from({ length: 9 }, () => `*l${level}`).join()}]`,
  );
  return ['l0: &l0 [price]', ...levels, 'graph: { sequence: *l9 }'].join('\n');
}
