import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { ROOT } from '../helpers/pages.ts';
import { createRandom } from '../helpers/random.ts';

const run = promisify(execFile);
const SERVER = path.join(ROOT, 'packages/server');
const { codeFile } = createRequire(import.meta.url)('../../packages/server/bin/load-bundled.js') as {
  codeFile: (file: string) => string;
};
const NOBODY = 65_534;

/** What is installed: the server, where it finds its other packages, and nothing of what they are compiled from. */
async function install(): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'marserve-code-cache-test-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  await chmod(root, 0o755);
  const scope = path.join(root, 'node_modules/@marserve');
  await mkdir(scope, { recursive: true });
  for (const name of ['archiver', 'handlers']) await symlink(path.join(ROOT, 'packages', name), path.join(scope, name));
  const server = path.join(scope, 'server');
  for (const name of ['bin', 'bundle', 'package.json']) {
    await cp(path.join(SERVER, name), path.join(server, name), { recursive: true, preserveTimestamps: true });
  }
  return server;
}

const cliOf = (server: string) => path.join(server, 'bundle/cli.cjs');

async function version(server: string, options: object = {}): Promise<string> {
  const program = path.join(server, 'bin/model-server.js');
  const { stdout, stderr } = await run(process.execPath, [program, '--version'], { cwd: '/', ...options });
  return stdout.trim() + stderr;
}

/** V8's flags of a worker. */
const WORKER_FLAGS = ['--max-semi-space-size=2'];

/** Whether V8 takes it. */
async function isTaken(server: string, name: string): Promise<boolean> {
  const load = JSON.stringify(path.join(server, 'bin/load-bundled.js'));
  const file = JSON.stringify(path.join(server, 'bundle', `${name}.cjs`));
  const flags = name === 'worker' ? WORKER_FLAGS : [];
  const { stdout } = await run(process.execPath, [
    ...flags,
    '-p',
    `require(${load}).compile(${file}).cachedDataRejected`,
  ]);
  return stdout.trim() === 'false';
}

it('is made by the build, for the daemon and the worker', async () => {
  expect(await isTaken(SERVER, 'cli'), 'run "npm run build" first').toBe(true);
  expect(await isTaken(SERVER, 'worker')).toBe(true);
});

it('is made when the package is installed, once', async () => {
  const server = await install();
  for (const name of ['cli', 'worker']) await rm(codeFile(path.join(server, 'bundle', `${name}.cjs`)));
  const make = () => run(process.execPath, [path.join(server, 'bin/make-code-cache.js')]);
  expect(await make()).toEqual({ stdout: '', stderr: '' });
  expect(await isTaken(server, 'cli')).toBe(true);
  expect(await isTaken(server, 'worker')).toBe(true);
  const made = await readFile(codeFile(cliOf(server)));
  await make();
  expect((await readFile(codeFile(cliOf(server)))).equals(made)).toBe(true);
  const left = (await readdir(path.join(server, 'bundle'))).filter((name) => /\.v8-.*\.\d+$/.test(name));
  expect(left, 'unfinished files').toEqual([]);
});

it('is left where it cannot be made, and says so', async () => {
  const server = await install();
  await rm(codeFile(cliOf(server)));
  await writeFile(cliOf(server), '() => { process.exitCode = 3; }');
  const { stderr } = await run(process.execPath, [path.join(server, 'bin/make-code-cache.js')]);
  expect(stderr).toBe('marserve starts without a code cache: the server ended with exit code 3\n');
});

it('is not taken from another source of the same length', async () => {
  const server = await install();
  const source = await readFile(cliOf(server), 'latin1');
  await writeFile(cliOf(server), source.replaceAll('`marserve ${', '`MARSERVE ${'), 'latin1');
  expect(await version(server)).toMatch(/^MARSERVE \d/);
});

const random = createRandom(7);

const SPOILT: readonly (readonly [string, (file: string) => Promise<unknown>])[] = [
  ['empty', (file: string) => writeFile(file, '')],
  ['cut off', (file: string) => truncate(file, 1000)],
  ['a folder', (file: string) => rm(file).then(() => mkdir(file))],
  ...Array.from({ length: 5 }, (_, index) => [`changed in one byte, ${index}`, changeOneByte] as const),
];
it.each(SPOILT)('is left alone when it is %s', async (_, spoil) => {
  const server = await install();
  await spoil(codeFile(cliOf(server)));
  expect(await version(server)).toMatch(/^marserve \d/);
  expect(await isTaken(server, 'cli')).toBe(false);
});

async function changeOneByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  const place = random.integer(0, bytes.length - 1);
  bytes[place] = (bytes[place] ?? 0) ^ random.integer(1, 255);
  await writeFile(file, bytes);
}

it.skipIf(process.getuid?.() !== 0)('is used by others than its owner, who may write nothing', async () => {
  const server = await install();
  const before = await readdir(path.join(server, 'bundle'));
  expect(await version(server, { uid: NOBODY, gid: NOBODY })).toMatch(/^marserve \d/);
  expect(await readdir(path.join(server, 'bundle'))).toEqual(before);
  for (const name of ['cli', 'worker']) await rm(codeFile(path.join(server, 'bundle', `${name}.cjs`)));
  expect(await version(server, { uid: NOBODY, gid: NOBODY })).toMatch(/^marserve \d/);
});
