import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { verifyFiles } from '../../format/verify-files.ts';
import { inspect } from '../../inspect.ts';
import { createProject } from '../../test-support/project.ts';
import { filesOf, temporaryFolder } from '../../test-support/temporary-folder.ts';
import { DOGS_WAR, PAIR_WAR } from '../../test-support/torchserve-war.ts';
import { extractWorkflow, readWorkflow } from '../read-workflow.ts';
import { packageWorkflow } from './package-workflow.ts';
import type { WorkflowOptions } from './workflow-options.ts';

const FILES = {
  'dogs.yaml': `models:
  batch-size: 4
  cats: { url: cats.mar }
  dogs: { url: https://example.org/dogs.mar }
dag:
  pre_processing: [cats, dogs]
  cats: [dogs]
`,
  'dogs.ts': `import { same } from './lib.ts';
export const pre_processing = (data: unknown[], context: unknown): unknown[] => same(data);
`,
  'lib.ts': 'export const same = <T>(data: T): T => data;',
  'cats.mar': '',
};

/** By default what imports the handler is left out. */
async function packaging(files: Readonly<Record<string, string>> = {}, changes: Partial<WorkflowOptions> = {}) {
  const { folder, at, store } = await createProject({ ...FILES, ...files });
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message.replaceAll(`${folder}/`, ''));
  const common = { workflowName: 'dogs', exportPath: store, validate: false, onWarning };
  const handler = changes.handler ?? 'dogs.ts';
  const extraFiles = changes.extraFiles?.map(at) ?? [];
  const options = { ...common, ...changes, extraFiles, specFile: at(changes.specFile ?? 'dogs.yaml') };
  return { folder, at, store, warnings, options: { ...options, handler: handler === '' ? undefined : at(handler) } };
}

/** What it is refused with, the folder left out. */
async function refusal(...args: Parameters<typeof packaging>): Promise<string> {
  const { folder, store, options } = await packaging(...args);
  const message = await packageWorkflow(options).then(
    () => 'none',
    (error: Error) => error.message.replaceAll(`${folder}/`, ''),
  );
  expect(await readdir(store)).toEqual([]);
  return message;
}

async function unpacked(archive: string): Promise<Record<string, string>> {
  const destination = await temporaryFolder();
  await extractWorkflow(archive, destination, { verifies: true });
  return filesOf(destination);
}

describe('a workflow', () => {
  it('is packaged with its spec as it was written, and its handler bundled', async () => {
    const { options, store, warnings } = await packaging({ 'a.json': '1' });
    const { path, files, manifest, spec } = await packageWorkflow(options);
    expect([path, files, warnings]).toEqual([join(store, 'dogs.war'), 4, []]);
    expect(manifest).toMatchObject({
      createdOn: expect.stringMatching(/^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/) as string,
      workflow: { workflowName: 'dogs', specFile: 'dogs.yaml', handler: 'dogs.mjs' },
    });
    expect(spec.nodes.map(({ name }) => name)).toEqual(['pre_processing', 'cats', 'dogs']);
    const archive = await unpacked(path);
    expect(Object.keys(archive)).toEqual(['WAR-INF/MANIFEST.json', 'dogs.mjs', 'dogs.mjs.map', 'dogs.yaml']);
    expect(archive['dogs.yaml']).toBe(FILES['dogs.yaml']);
    expect(await verifyFiles(path)).toMatchObject({ files: 3, differences: [] });
  });

  it('is looked into as a model is', async () => {
    const { options } = await packaging();
    const { path } = await packageWorkflow(options);
    expect(await inspect(path)).toMatchObject({
      kind: 'zip',
      manifest: { workflow: { workflowName: 'dogs' } },
      spec: { start: 'pre_processing', leaves: ['dogs'] },
    });
  });

  it('needs no handler where all of its nodes are models', async () => {
    const files = { 'pair.yaml': 'models: { a: { url: cats.mar }, b: { url: cats.mar } }\ndag: { a: [b] }\n' };
    const { options } = await packaging(files, { handler: '', specFile: 'pair.yaml', extraFiles: ['lib.ts'] });
    const { path, manifest } = await packageWorkflow(options);
    expect(manifest.workflow.handler).toBeUndefined();
    expect(Object.keys(await unpacked(path))).toEqual(['WAR-INF/MANIFEST.json', 'lib.ts', 'pair.yaml']);
  });

  it('has the same bytes for the same files', async () => {
    vi.stubEnv('SOURCE_DATE_EPOCH', '1700000000');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { options } = await packaging();
    const { sha256 } = await packageWorkflow(options);
    expect((await packageWorkflow({ ...options, force: true })).sha256).toBe(sha256);
  });

  it('is warned about for what a server would not find', async () => {
    const { options, warnings } = await packaging({
      'dogs.yaml': `models:\n  cats: { url: gone.mar }\n  dogs: { url: "https://example.org/a.mar" }\n  mice: { url: a }\ndag:\n  pre_processing: [cats, dogs]\n`,
    });
    await packageWorkflow(options);
    expect(warnings).toEqual([
      'dogs.yaml:4:3: models.mice: is not in dag, and is not served',
      'dogs.yaml:2:11: models.cats.url: there is no such archive here yet: the server looks for it in its model store',
    ]);
  });

  it('with a handler in Python is packaged for TorchServe, with a warning', async () => {
    const { options, warnings } = await packaging(
      { 'dogs.py': 'def pre_processing(data, context): ...' },
      { handler: 'dogs.py' },
    );
    const { path, manifest } = await packageWorkflow(options);
    expect(manifest.workflow.handler).toBe('dogs.py');
    expect(warnings).toEqual([expect.stringMatching(/^Python handlers are for TorchServe; .*docs\/workflows\.md/)]);
    await expect(unpacked(path)).rejects.toThrow('the handler dogs.py, which is written in Python');
  });

  it('has its handler imported before it is written', async () => {
    const { options } = await packaging();
    expect(await packageWorkflow({ ...options, validate: true })).toMatchObject({ files: 4 });
  });
});

describe('a workflow is refused', () => {
  const noFunction = 'export const preprocessing = () => []; export const n = 1;';

  it.each<[string, Readonly<Record<string, string>>, Partial<WorkflowOptions>, string]>([
    [
      'for all that is missing at once',
      {},
      { handler: 'gone.ts', specFile: 'gone.yaml', extraFiles: ['gone.txt'] },
      'File does not exist: gone.ts (--handler)\nFile does not exist: gone.yaml (--spec-file)\nFile does not exist: gone.txt (--extra-files)',
    ],
    [
      'for its name',
      {},
      { workflowName: 'a b' },
      'Workflow name contains special characters.\nThe allowed regular expression filter for workflow name is: ',
    ],
    ['for a name that means all', {}, { workflowName: 'all' }, 'The name (--workflow-name) cannot be used'],
    [
      'for its spec, with the line',
      { 'dogs.yaml': 'dag:\n  a: [b]\n  b: [a]\n' },
      {},
      'dogs.yaml:2:3: dag.a: is in a circle: a → b → a',
    ],
    [
      'for a spec beyond all measure',
      { 'dogs.yaml': `#${' '.repeat(2 ** 20)}` },
      {},
      'dogs.yaml (--spec-file) has 1048577 bytes, and a spec may have 1048576.',
    ],
    [
      'without the handler that it needs',
      {},
      { handler: '' },
      'dogs.yaml: its spec needs the function pre_processing of a handler, and it has none: give one by --handler, or put these nodes under models.',
    ],
    ['for a handler that does not bundle', { 'dogs.ts': 'export const = 1;' }, {}, 'The handler could not be bundled:'],
    [
      'for a handler that names one function',
      {},
      { handler: 'dogs.ts:pre_processing' },
      'The handler (--handler) is dogs.ts:pre_processing; expected a .ts or .js file with the functions that the spec names.',
    ],
    [
      'for two files of one name',
      { 'd/dogs.yaml': '' },
      { extraFiles: ['d/dogs.yaml'] },
      'Two files need the path dogs.yaml of the archive',
    ],
    [
      'for a file that would be a manifest',
      { 'WAR-INF/a': '' },
      { extraFiles: ['WAR-INF'] },
      'the folder WAR-INF of an archive belongs to its manifest',
    ],
    [
      'for a handler that has not the function',
      { 'dogs.ts': noFunction },
      { validate: true },
      'dogs.mjs has no function pre_processing, which the workflow names; it exports the functions preprocessing',
    ],
    [
      'for a handler that throws at its import, with the line',
      { 'dogs.ts': '\nthrow new Error("no good");' },
      { validate: true },
      'no good (at dogs.ts:2:7)',
    ],
  ])('%s', async (_, files, changes, message) => {
    expect(await refusal(files, changes)).toContain(message);
  });

  it('where its archive exists', async () => {
    const { options, store } = await packaging();
    await packageWorkflow(options);
    await expect(packageWorkflow(options)).rejects.toMatchObject({
      code: 'already_exists',
      message: `${join(store, 'dogs.war')} already exists.\nPlease specify --force/-f option to overwrite the workflow archive output file.\nSee -h/--help for more details.`,
    });
  });
});

describe('an archive of torch-workflow-archiver', () => {
  const stored = async (content: Buffer): Promise<string> => {
    const archive = join(await temporaryFolder(), 'w.war');
    await writeFile(archive, content);
    return archive;
  };

  it('is read, and unpacked where no node is a function', async () => {
    const archive = await stored(PAIR_WAR);
    expect(await readWorkflow(archive)).toMatchObject({
      manifest: {
        workflow: { workflowName: 'pair', specFile: 'pair.yaml', handler: 'dogs_handler.py' },
        archiverVersion: '0.2.15',
      },
      spec: { start: 'a', leaves: ['b'] },
    });
    expect(Object.keys(await unpacked(archive))).toEqual(['WAR-INF/MANIFEST.json', 'dogs_handler.py', 'pair.yaml']);
  });

  it('is told what to do with its functions where there are some', async () => {
    const archive = await stored(DOGS_WAR);
    expect(await readWorkflow(archive)).toMatchObject({ spec: { start: 'pre_processing' } });
    await expect(unpacked(archive)).rejects.toMatchObject({
      code: 'invalid_workflow',
      message: `${archive}: its spec needs the function pre_processing of the handler dogs_handler.py, which is written in Python, which TorchServe runs: write them in TypeScript or JavaScript, and package the workflow again by model-archiver workflow --handler FILE.ts (docs/workflows.md says how).`,
    });
  });
});
