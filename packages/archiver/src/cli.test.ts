import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readdir, truncate, watch } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createProject } from './test-support/project.ts';
import { BASICS, BIN, cellsOf, run, start } from './test-support/run-archiver.ts';

const python = spawnSync('python3', ['--version']).status === 0;

describe('model-archiver', () => {
  it('packages by the flags of torch-model-archiver, and says what it wrote', async () => {
    const { folder } = await createProject({ 'model.bin': 'weights', 'a.json': '1', 'c.yaml': 'x: 1', 'r.txt': '' });
    const files = ['--serialized-file', 'model.bin', '--extra-files', 'a.json,', '-c', 'c.yaml', '-r', 'r.txt'];
    const { code, out, err } = await run(folder, ...BASICS, ...files, '--export-path', 'store');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^Wrote +store\/m\.mar\nmodel +m 1\.0, handler handler\.mjs, runtime node\nsize +.*\(\d+ bytes\)\nfiles +7\nsha256 +[0-9a-f]{64}\n$/,
    );
  });

  it('takes the short forms, keeps the version as it is written, and writes to the working directory', async () => {
    const { folder } = await createProject();
    const { code } = await run(
      folder,
      '--model-name',
      'm',
      '-v',
      '1.10',
      '--handler',
      'handler',
      '--no-validate',
      '-f',
    );
    expect(code).toBe(0);
    const { out } = await run(folder, 'inspect', 'm.mar', '--json');
    expect(JSON.parse(out)).toMatchObject({
      archive: 'm.mar',
      kind: 'zip',
      manifest: { model: { modelVersion: '1.10' } },
    });
  });

  it('packages a graph, and says what it is made of', async () => {
    const { folder } = await createProject({
      'houses.yaml': `sequence:
- handler: plus.ts
- parallel: { a: price, b: { model: price, version: 2, dependency: soft, timeout_ms: 50 } }
  combine: { handler: plus.ts:best }
  fallback: { url: http://h, protocol: v2, model: m, retries: 2 }
- switch: [{ when: a, step: one }]
  otherwise: two
`,
      'plus.ts': 'export const transform = (value: unknown) => value; export const best = transform;',
    });
    const { code, out, err } = await run(folder, 'graph', '--file', 'houses.yaml', '--export', 'store');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [head = '', table = ''] = out.split('\n\n');
    expect(head).toMatch(/^Wrote +store\/houses\.mar\nmodel +houses 1\.0, handler graph, runtime node\n/);
    expect(cellsOf(table)).toEqual([
      ['step', 'runs', 'notes'],
      ['sequence', 'sequence', ''],
      ['plus', 'module plus.ts', ''],
      ['parallel', 'parallel, module plus.ts:best', ''],
      ['a', 'model price', ''],
      ['b', 'model price/2', 'soft, at most 50 ms'],
      ['m', 'http://h, v2, m', 'fallback, 2 retries'],
      ['switch', 'switch', ''],
      ['one', 'model one', expect.stringMatching(/^if .*a/)],
      ['two', 'model two', 'otherwise'],
    ]);
  });

  it('says how a graph is packaged, where that is not what was asked for', async () => {
    const { folder } = await createProject({ 'g.yaml': 'sequence: []' });
    const usage = 'Usage: model-archiver graph --file F';
    const cases: [readonly string[], number, string][] = [
      [[], 2, `Missing required argument: --file\n${usage}`],
      [['--file', 'g.yaml', '--handler', 'graph'], 2, usage],
      [['--flie', 'g.yaml'], 2, 'Did you mean --file?'],
      [['--file', 'g.yaml'], 1, 'ERROR - g.yaml:1:1: graph.sequence must be a list'],
    ];
    const results = await Promise.all(cases.map(([args]) => run(folder, 'graph', ...args)));
    results.forEach(({ code, out, err }, index) => {
      expect({ code, out }).toEqual({ code: cases[index]?.[1], out: '' });
      expect(err).toContain(cases[index]?.[2]);
    });
  });

  it('prints nothing with --quiet', async () => {
    const { folder } = await createProject();
    expect(await run(folder, ...BASICS, '--export-path', 'new', '--quiet')).toEqual({ code: 0, out: '', err: '' });
  });

  it('ends with 1 and a message without a stack when it refuses', async () => {
    const { folder } = await createProject();
    await run(folder, ...BASICS);
    const refused: (readonly string[])[] = [
      [...BASICS],
      [...BASICS, '--model-name', 'a b'],
      [...BASICS, '--serialized-file', 'gone'],
      ['inspect', 'gone'],
    ];
    for (const args of refused) {
      const { code, out, err } = await run(folder, ...args);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toMatch(/^ERROR - /);
      expect(err).not.toMatch(/\n\s+at /);
    }
  });

  it.each([
    ['nothing', [], 'Missing required arguments: --model-name, --version, --handler'],
    ['an unknown short flag', ['-m', 'm'], 'Unknown argument: -m. Did you mean --model-name or --model-file?'],
    ['a long flag with one dash', ['-model-name', 'm'], 'Unknown argument: -model-name. Did you mean --model-name?'],
    ['an unknown flag', [...BASICS, '--frobnicate'], 'Unknown argument: frobnicate.'],
    [
      'a flag with a typo',
      [...BASICS, '--extra-file-s', 'x'],
      'Unknown argument: extra-file-s. Did you mean --extra-files?',
    ],
    ['an ambiguous prefix', ['--model', 'm'], 'Ambiguous argument: --model may be --model-name, --model-file.'],
    ['a command with a typo', ['inpsect', 'a.mar'], 'Did you mean inspect?'],
    ['a flag of another command', [...BASICS, '--js'], 'Unknown argument: json'],
    [
      'empty values of what is required',
      ['--model-name', '', '--version=', '--handler', ''],
      'Missing required arguments',
    ],
    [
      'an unknown format',
      [...BASICS, '--archive-format', 'rar'],
      'Choices: "default", "zip-store", "tgz", "no-archive"',
    ],
    ['an unknown runtime', [...BASICS, '--runtime', 'ruby'], 'Choices: "node", "python", "python3", "LSP"'],
    ['a flag without its value', ['--model-name'], 'Not enough arguments following: --model-name'],
    ['no archive to inspect', ['inspect'], 'Not enough non-option arguments'],
  ] satisfies [string, readonly string[], string][])(
    'ends with 2 and its usage when it is given %s',
    async (_, args, problem) => {
      const { folder } = await createProject();
      const { code, out, err } = await run(folder, ...args);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toContain(problem);
      expect(err).toContain('Usage: model-archiver');
    },
  );

  it('shows help with examples, and its own version', async () => {
    const { folder } = await createProject();
    const help = await run(folder, '--help');
    expect(help.code).toBe(0);
    for (const flag of [
      '--model-name',
      '-v, --version',
      '-f, --force',
      '-r, --requirements-file',
      '-c, --config-file',
      'inspect <archive>',
      'Examples:',
    ]) {
      expect(help.out).toContain(flag);
    }
    expect((await run(folder, 'version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.skipIf(!python)(
    'shows a progress bar on a terminal while it packages 70 MB (skipped without python3)',
    async () => {
      const { folder, at } = await createProject({ 'model.bin': '' });
      await truncate(at('model.bin'), 70 * 2 ** 20);
      const command = [process.execPath, BIN, ...BASICS, '--serialized-file', 'model.bin', '--archive-format', 'tgz'];
      const script = `import pty,sys; sys.exit(pty.spawn(${JSON.stringify(command)}) >> 8)`;
      const { stdout } = await promisify(execFile)('python3', ['-c', script], { cwd: folder });
      expect(stdout).toMatch(/hashing \[[^\]]*\] \d+% \| [\d.]+ .?B of 73\.4 MB/);
      expect(stdout).toMatch(/writing \[/);
      expect(stdout).toMatch(/Wrote +m\.tar\.gz/);
    },
  );

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'leaves nothing behind when it is stopped by %s in the middle',
    async (signal) => {
      const { folder, store, at } = await createProject({ 'model.bin': '' });
      await truncate(at('model.bin'), 300 * 2 ** 20);
      const changes = watch(store)[Symbol.asyncIterator]();
      const begun = changes.next();
      const child = start(
        folder,
        ...BASICS,
        '--serialized-file',
        'model.bin',
        '--export-path',
        'store',
        '--archive-format',
        'tgz',
      );
      const ended = once(child, 'close') as Promise<[number]>;
      await Promise.race([begun, ended]);
      child.kill(signal);
      const [code] = await ended;
      expect(code).toBe(signal === 'SIGINT' ? 130 : 143);
      expect(await readdir(store)).toEqual([]);
    },
  );
});

describe('model-archiver inspect', () => {
  it('shows golden requests, as a table and as JSON', async () => {
    const golden =
      '[{"name":"a","request":{"json":1},"expect":{"text":"1"}},{"name":"b","protocol":"oip","request":{"text":""}}]';
    const { folder } = await createProject({ 'golden.json': golden });
    expect(await run(folder, ...BASICS, '--golden', 'golden.json')).toMatchObject({ code: 0, err: '' });
    expect((await run(folder, 'inspect', 'm.mar')).out).toMatch(
      /golden requests: 2[^]*│ a .* bytes [^]*│ b .* predict, oip .* none: /,
    );
    expect(JSON.parse((await run(folder, 'inspect', 'm.mar', '--json')).out)).toMatchObject({
      golden: [
        { name: 'a', operation: 'predict', expected: { kind: 'bytes', status: 200 } },
        { name: 'b', operation: 'predict', protocol: 'oip' },
      ],
    });
  });

  it('shows manifest, signature and files', async () => {
    const { folder } = await createProject({ 'model.bin': 'weights' });
    await run(folder, ...BASICS, '--serialized-file', 'model.bin');
    const { code, out } = await run(folder, 'inspect', 'm.mar');
    expect(code).toBe(0);
    expect(out).toMatch(/model +m 1\.0\n/);
    expect(out).toMatch(/model\.bin .*7 B .*[0-9a-f]{64}/);
    expect(out).toMatch(/MAR-INF\/MANIFEST\.json/);
  });
});

describe('model-archiver verify', () => {
  it('ends with 0 when every file is as it was packaged', async () => {
    const { folder } = await createProject();
    await run(folder, ...BASICS);
    expect(await run(folder, 'verify', 'm.mar')).toEqual({
      code: 0,
      out: 'm.mar: 2 files are as the manifest says.\n',
      err: '',
    });
  });

  it('ends with 1 and names each file that is not', async () => {
    const { folder, at } = await createProject();
    await run(folder, ...BASICS, '--archive-format', 'no-archive');
    await appendFile(at('m/handler.mjs'), '// changed');
    const { out: one } = await run(folder, 'verify', 'm');
    expect(one).toBe('m: 1 file is not as the manifest says:\n  differs  handler.mjs\n');
    await appendFile(at('m/new.txt'), '');
    const { code, out } = await run(folder, 'verify', 'm');
    expect(code).toBe(1);
    expect(out).toBe('m: 2 files are not as the manifest says:\n  differs  handler.mjs\n  extra    new.txt\n');
  });
});
