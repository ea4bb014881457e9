import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { identify } from '../../packages/server/src/process-identity.ts';
import { freeAddresses } from '../helpers/free-addresses.ts';
import { readBlocks, ROOT, runBlock, type ShellOptions } from '../helpers/pages.ts';

let folder: string;
let shell: ShellOptions;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-docs-'));
  const { config, replace } = await freeAddresses();
  await writeFile(path.join(folder, 'config.properties'), `${config}pid_file=${folder}/pid\nwork_dir=${folder}/work\n`);
  shell = {
    env: { TS_CONFIG_FILE: path.join(folder, 'config.properties'), LOG_LOCATION: path.join(folder, 'logs') },
    replace,
  };
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(`${ROOT}model-store/embedding.mar`, { force: true });
});

/** What differs from run to run. */
function steady(output: string): string {
  return output
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/(--\w+-address http:\S+ ?)+/g, '')
    .replaceAll(/\b[0-9a-f]{64}\b/g, 'SHA256')
    .replaceAll(/\(\d+ bytes\)/g, '(N bytes)')
    .replaceAll(/ --pid-file \S+/g, '')
    .replaceAll(/\S*\/(model-store|logs)\b/g, '$1')
    .replaceAll(/Hostname="[^"]*"|hostname="[^"]*"/g, 'HOSTNAME')
    .replaceAll(/^([A-Za-z_]\w*\{.*\}) [\d.e+-]+$/gm, '$1 VALUE')
    .trim();
}

describe('the first steps', () => {
  it('of the quick start work as they are written', async () => {
    const blocks = (await readBlocks('docs/quick-start.md')).filter(
      ({ language, text }) => language === 'bash' && !text.startsWith('npm run'),
    );
    for (const block of blocks) await runBlock(block, shell);
    expect(blocks.length).toBeGreaterThan(4);
  });

  it('of the README print what it shows', async () => {
    const shown = (await readBlocks('README.md')).find(
      ({ language, text }) => language === 'text' && text.includes('== '),
    );
    const output = await runBlock({ language: 'bash', text: 'node examples/digit-search/demo.mjs' }, shell);
    expect(steady(output)).toBe(steady(shown?.text ?? 'no block of language text with the output of the demo'));
  });

  it('of the demo work beside servers that have its ports and the usual pid file', async () => {
    const pidFile = path.join(tmpdir(), '.model_server.pid');
    const record = {
      pid: process.pid,
      startTime: identify(process.pid)?.startTime,
      startedAt: new Date().toISOString(),
    };
    const isOurs = await writeFile(pidFile, `${process.pid}\n${JSON.stringify(record)}\n`, { flag: 'wx' }).then(
      () => true,
      () => false,
    );
    const taken = [8080, 8081, 8082].map((port) =>
      createServer()
        .on('error', () => {})
        .listen(port, '127.0.0.1'),
    );
    onTestFinished(async () => {
      for (const server of taken) server.close();
      if (isOurs) await rm(pidFile);
    });
    expect(await runDemo()).toContain('held-out images are right');
  });

  it('of the demo work when two are run at once', async () => {
    for (const output of await Promise.all([runDemo(), runDemo()])) {
      expect(output).toContain('held-out images are right');
      expect(output).toContain('model-server has stopped');
    }
  });

  it('of the demo that is kept running are the lines that it prints', async () => {
    const output = await runBlock({ language: 'bash', text: 'node examples/digit-search/demo.mjs --keep' }, shell);
    const lines = output.split('\n').filter((line) => /^(curl|npx) /.test(line));
    expect(lines.length).toBeGreaterThan(4);
    const [, temporary = ''] = /--pid-file (\S*marserve-demo-\w+)/.exec(lines.at(-1) ?? '') ?? [];
    onTestFinished(() => rm(temporary, { recursive: true, force: true }));
    for (const text of lines) await runBlock({ language: 'bash', text }, shell);
  });

  /** With the ports that it chooses itself. */
  function runDemo(): Promise<string> {
    const { TS_CONFIG_FILE: _, ...env } = shell.env ?? {};
    return runBlock({ language: 'bash', text: 'node examples/digit-search/demo.mjs' }, { ...shell, env });
  }
});
