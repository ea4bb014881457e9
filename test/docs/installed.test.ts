/** A project outside of the clone: the packages as they would be published, in an empty folder. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { list } from 'tar';
import { zipMapModel } from '../fixtures/onnx-models.ts';
import { freeAddresses } from '../helpers/free-addresses.ts';
import { readBlocks, ROOT, runBlock } from '../helpers/pages.ts';

const PACKAGES = ['archiver', 'client', 'handlers', 'server'];
const NO_REGISTRY = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENOTCACHED|network/;
const INSTALL = 'npm install @marserve/server @marserve/archiver';

let folder: string;
let tarballs: string[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-installed-'));
  await promisify(execFile)(process.execPath, [
    path.join(ROOT, 'scripts/make-tarballs.mjs'),
    path.join(folder, 'packed'),
  ]);
  tarballs = (await readdir(path.join(folder, 'packed'))).sort().map((name) => path.join(folder, 'packed', name));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What clients of gRPC load. */
async function protos(): Promise<string[]> {
  const files = await readdir(path.join(ROOT, 'packages/server/proto'), { recursive: true });
  return files.filter((file) => file.endsWith('.proto')).map((file) => `proto/${file}`);
}

describe('the packed packages', () => {
  it.each(PACKAGES)('%s has its README, its licence and what it runs, and no tests', async (name) => {
    const entries: string[] = [];
    const file = tarballs[PACKAGES.indexOf(name)] ?? '';
    await list({ file, onReadEntry: (entry) => void entries.push(entry.path.replace('package/', '')) });
    expect(entries).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json']));
    expect(entries.filter((entry) => /\.test\.|test-support|tsbuildinfo/.test(entry))).toEqual([]);
    const own = path.join(ROOT, 'packages', name);
    expect(await readFile(path.join(own, 'LICENSE'), 'utf8')).toBe(await readFile(path.join(ROOT, 'LICENSE'), 'utf8'));
    const { bin = {} } = JSON.parse(await readFile(path.join(own, 'package.json'), 'utf8')) as {
      bin?: Record<string, string>;
    };
    for (const program of Object.values(bin)) expect(entries).toContain(program.replace('./', ''));
    if (name === 'server') expect(entries).toEqual(expect.arrayContaining(await protos()));
  });

  it(
    'install with npm’s default settings and do what the README begins with',
    { timeout: 300_000 },
    async (context) => {
      const cwd = path.join(folder, 'project');
      await mkdir(cwd);
      await writeFile(path.join(cwd, 'iris.onnx'), zipMapModel(['setosa', 'versicolor', 'virginica', 'other']));
      const { config, replace } = await freeAddresses();
      await writeFile(path.join(cwd, 'config.properties'), `${config}pid_file=${cwd}/pid\nwork_dir=${cwd}/work\n`);
      const [block] = (await readBlocks('README.md')).filter(({ text }) => text.includes('iris'));
      if (block === undefined || !block.text.startsWith(INSTALL))
        throw new Error(`the README does not begin with ${INSTALL}`);
      const shell = {
        cwd,
        env: { LOG_LOCATION: '' },
        replace: { ...replace, [INSTALL]: `npm install --prefer-offline --no-audit ${tarballs.join(' ')}` },
      };
      try {
        expect(await runBlock(block, shell)).toContain('"setosa"');
      } catch (error) {
        if (NO_REGISTRY.test(String(error)) && !/marserve-.*npm error command failed/.test(String(error)))
          return context.skip(`the npm registry cannot be reached: ${String(error).slice(0, 300)}`);
        throw error;
      } finally {
        await runBlock({ language: 'bash', text: 'npx --no-install model-server --stop || true' }, shell);
      }
    },
  );
});
