import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { extractArchive } from '../format/extract-archive.ts';
import { craftZip, type CraftedEntry } from '../test-support/craft-zip.ts';
import { filesOf, temporaryFolder } from '../test-support/temporary-folder.ts';
import { extractWorkflow, MOST_SPEC_BYTES, readWorkflow } from './read-workflow.ts';

const SPEC = 'models: { a: { url: a.mar } }\ndag: { a: [] }\n';
const WITH_FUNCTION = 'models: { a: { url: a.mar } }\ndag: { pre: [a] }\n';

interface Crafted {
  readonly workflow?: Readonly<Record<string, unknown>>;
  readonly spec?: string;
  readonly others?: readonly CraftedEntry[];
}

/** As torch-workflow-archiver lays it out: the manifest comes last. */
function craftWar({ workflow, spec = SPEC, others = [] }: Crafted = {}): Buffer {
  const manifest = {
    createdOn: '28/11/2026 06:56:40',
    workflow: { workflowName: 'w', specFile: 's.yaml', ...workflow },
    archiverVersion: '0.2.15',
  };
  return craftZip([
    { name: 's.yaml', data: spec, deflated: true },
    ...others,
    { name: 'WAR-INF/MANIFEST.json', data: JSON.stringify(manifest, null, 2), deflated: true },
  ]);
}

async function stored(content: Buffer) {
  const folder = await temporaryFolder();
  const archive = join(folder, 'w.war');
  const destination = join(folder, 'out');
  await writeFile(archive, content);
  await mkdir(destination);
  return { archive, destination };
}

async function extracted(content: Buffer) {
  const { archive, destination } = await stored(content);
  return { ...(await extractWorkflow(archive, destination)), files: await filesOf(destination) };
}

describe('a workflow archive', () => {
  it('as TorchServe makes it is read, and its handler is not looked at where no node is a function', async () => {
    const others = [{ name: 'h.py', data: 'pass' }];
    const { manifest, spec, files } = await extracted(craftWar({ workflow: { handler: 'h.py' }, others }));
    expect(manifest).toMatchObject({ workflow: { workflowName: 'w', specFile: 's.yaml', handler: 'h.py' } });
    expect(spec).toMatchObject({ start: 'a', leaves: ['a'] });
    expect(Object.keys(files)).toEqual(['WAR-INF/MANIFEST.json', 'h.py', 's.yaml']);
  });

  it('needs no handler then', async () => {
    expect(await extracted(craftWar())).toMatchObject({ spec: { start: 'a' } });
  });

  it('with functions has a module of JavaScript', async () => {
    const others = [{ name: 'h.mjs', data: 'export const pre = (x) => x;' }];
    const { spec } = await extracted(craftWar({ workflow: { handler: 'h.mjs' }, spec: WITH_FUNCTION, others }));
    expect(spec.nodes.map(({ kind }) => kind)).toEqual(['function', 'model']);
  });

  it('is read without unpacking it, whatever its handler is', async () => {
    const { archive } = await stored(craftWar({ workflow: { handler: 'h.py' }, spec: WITH_FUNCTION }));
    expect(await readWorkflow(archive)).toMatchObject({
      manifest: { workflow: { handler: 'h.py' } },
      spec: { start: 'pre' },
    });
  });

  it('finds its spec in a folder', async () => {
    const content = craftWar({ workflow: { specFile: './d/../d/s.yaml' }, others: [{ name: 'd/s.yaml', data: SPEC }] });
    await expect(extracted(content)).rejects.toMatchObject({ code: 'invalid_manifest' });
    const inFolder = craftWar({ workflow: { specFile: './d//s.yaml' }, others: [{ name: 'd/s.yaml', data: SPEC }] });
    expect(await extracted(inFolder)).toMatchObject({ spec: { start: 'a' } });
  });
});

describe('a workflow archive is refused', () => {
  const functions = { spec: WITH_FUNCTION };

  it.each<[string, Buffer, string, string]>([
    ['no zip', Buffer.from('hello, I am not a zip file at all, but long enough to hold one'), 'not_an_archive', ''],
    ['one cut off', craftWar().subarray(0, -40), 'not_an_archive', ''],
    [
      'no manifest',
      craftZip([{ name: 's.yaml', data: SPEC }]),
      'no_manifest',
      'has no WAR-INF/MANIFEST.json; make the archive with model-archiver workflow.',
    ],
    [
      'a model',
      craftZip([{ name: 'MAR-INF/MANIFEST.json', data: '{}' }]),
      'no_manifest',
      'it is a model (it has MAR-INF/MANIFEST.json), which is registered by POST /models.',
    ],
    [
      'a manifest that is no JSON',
      craftZip([{ name: 'WAR-INF/MANIFEST.json', data: 'x' }]),
      'invalid_manifest',
      'WAR-INF/MANIFEST.json is not JSON',
    ],
    [
      'no name',
      craftWar({ workflow: { workflowName: undefined } }),
      'invalid_manifest',
      'workflow.workflowName is missing',
    ],
    [
      'a name that is a path',
      craftWar({ workflow: { workflowName: '../w' } }),
      'invalid_manifest',
      'workflow.workflowName: expected a name that matches',
    ],
    ['no spec', craftWar({ workflow: { specFile: undefined } }), 'invalid_manifest', 'workflow.specFile is missing'],
    [
      'a spec that is not there',
      craftWar({ workflow: { specFile: 't.yaml' } }),
      'invalid_manifest',
      'WAR-INF/MANIFEST.json names the file "t.yaml", which is not in the archive.',
    ],
    [
      'a spec outside',
      craftWar({ workflow: { specFile: '../s.yaml' } }),
      'invalid_manifest',
      'workflow.specFile: expected a path inside the archive',
    ],
    [
      'a spec anywhere',
      craftWar({ workflow: { specFile: '/etc/passwd' } }),
      'invalid_manifest',
      'workflow.specFile: expected a path inside the archive',
    ],
    [
      'a spec that is a list',
      craftWar({ workflow: { specFile: ['s.yaml'] } }),
      'invalid_manifest',
      'workflow.specFile: expected string',
    ],
    [
      'a huge spec',
      craftWar({ spec: `${SPEC}#${' '.repeat(MOST_SPEC_BYTES)}` }),
      'invalid_workflow',
      's.yaml is longer than 1048576 bytes.',
    ],
    [
      'a wrong spec',
      craftWar({ spec: 'dag: { a: [a] }' }),
      'invalid_workflow',
      's.yaml:1:8: dag.a: is in a circle: a → a',
    ],
    [
      'a bomb of aliases',
      craftWar({ spec: bomb() }),
      'invalid_workflow',
      's.yaml: expected YAML or JSON: it has more than',
    ],
    ['an entry outside', craftWar({ others: [{ name: '../x', data: '' }] }), 'unsafe_entry', ''],
    ['a link', craftWar({ others: [{ name: 'x', data: '/etc/passwd', mode: 0o120777 }] }), 'unsafe_entry', ''],
    ['an entry twice', craftWar({ others: [{ name: 's.yaml', data: '' }] }), 'unsafe_entry', ''],
    [
      'no handler for a function',
      craftWar(functions),
      'invalid_workflow',
      'its spec needs the function pre of a handler, and it has none',
    ],
    [
      'a handler in Python',
      craftWar({ ...functions, workflow: { handler: 'h.py' } }),
      'invalid_workflow',
      'the handler h.py, which is written in Python, which TorchServe runs: write them in TypeScript or JavaScript',
    ],
    [
      'a handler that is no module',
      craftWar({ ...functions, workflow: { handler: 'h.txt' } }),
      'invalid_workflow',
      'the handler h.txt, which is no JavaScript module',
    ],
    [
      'a handler that is not there',
      craftWar({ ...functions, workflow: { handler: 'h.mjs' } }),
      'invalid_manifest',
      'names the file "h.mjs", which is not in the archive.',
    ],
    [
      'a handler outside',
      craftWar({ ...functions, workflow: { handler: '../h.mjs' } }),
      'invalid_manifest',
      'workflow.handler: expected a path inside',
    ],
  ])('%s', async (_, content, code, message) => {
    const { archive, destination } = await stored(content);
    const error: unknown = await extractWorkflow(archive, destination).catch((each: unknown) => each);
    expect(error).toMatchObject({ name: 'ArchiveError', code });
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toContain(archive);
  });

  it('that has digests, and other files than they say', async () => {
    const files = { 's.yaml': { size: 1, sha256: '0'.repeat(64) } };
    const manifest = { workflow: { workflowName: 'w', specFile: 's.yaml' }, files };
    const content = craftZip([
      { name: 's.yaml', data: SPEC },
      { name: 'WAR-INF/MANIFEST.json', data: JSON.stringify(manifest) },
    ]);
    const { archive, destination } = await stored(content);
    await expect(extractWorkflow(archive, destination, { verifies: true })).rejects.toMatchObject({
      code: 'digest_mismatch',
      message: expect.stringContaining('s.yaml differs from its digest (sha256) in WAR-INF/MANIFEST.json') as string,
    });
  });

  it('by those who look for a model', async () => {
    const { archive, destination } = await stored(craftWar());
    await expect(extractArchive(archive, destination)).rejects.toMatchObject({
      code: 'no_manifest',
      message: `${archive} has no MAR-INF/MANIFEST.json; it is a workflow (it has WAR-INF/MANIFEST.json), which is registered by POST /workflows.`,
    });
  });
});

function bomb(): string {
  const lines = Array.from({ length: 8 }, (_, n) => `- &l${n + 1} [${`*l${n}, `.repeat(9)}*l${n}]`);
  return ['- &l0 [a, a, a, a, a, a, a, a, a, a]', ...lines].join('\n');
}
