import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zipMapModel } from '../fixtures/onnx-models.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBlocks, ROOT, runBlock, type ShellOptions } from '../helpers/pages.ts';

const PORTS = [8080, 8081, 8082];
const ADDRESS_KEYS = ['inference_address', 'management_address', 'metrics_address'];

let folder: string;
let shell: ShellOptions;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-docs-'));
  const ports = await Promise.all(PORTS.map(freePort));
  const addresses = ADDRESS_KEYS.map((key, index) => `${key}=http://127.0.0.1:${ports[index]}`);
  const config = [...addresses, `pid_file=${folder}/pid`, `work_dir=${folder}/work`];
  await writeFile(path.join(folder, 'config.properties'), `${config.join('\n')}\n`);
  shell = {
    env: { TS_CONFIG_FILE: path.join(folder, 'config.properties'), LOG_LOCATION: path.join(folder, 'logs') },
    replace: Object.fromEntries(PORTS.map((port, index) => [`127.0.0.1:${port}`, `127.0.0.1:${ports[index]}`])),
  };
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await rm(`${ROOT}model-store/embedding.mar`, { force: true });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

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

  it('of the README’s beginning work for a model without code', async () => {
    const [block] = (await readBlocks('README.md')).filter(({ text }) => text.includes('iris'));
    if (block === undefined) throw new Error('the README has no block about iris');
    await writeFile(path.join(folder, 'iris.onnx'), zipMapModel(['setosa', 'versicolor', 'virginica', 'other']));
    const commands = path.join(ROOT, 'node_modules/.bin');
    const env = { ...shell.env, PATH: `${commands}${path.delimiter}${process.env.PATH}` };
    const output = await runBlock(block, { ...shell, env, cwd: folder });
    expect(output).toContain('"setosa"');
    await runBlock({ language: 'bash', text: 'model-server --stop' }, { ...shell, env });
  });

  it('of the README print what it shows', async () => {
    const shown = (await readBlocks('README.md')).find(
      ({ language, text }) => language === 'text' && text.includes('== '),
    );
    const output = await runBlock({ language: 'bash', text: 'node examples/digit-search/demo.mjs' }, shell);
    expect(steady(output)).toBe(steady(shown?.text ?? 'no block of language text with the output of the demo'));
  });

  it('of the demo that is kept running are the lines that it prints', async () => {
    const output = await runBlock({ language: 'bash', text: 'node examples/digit-search/demo.mjs --keep' }, shell);
    const lines = output.split('\n').filter((line) => /^(curl|npx) /.test(line));
    expect(lines.length).toBeGreaterThan(4);
    for (const text of lines) await runBlock({ language: 'bash', text }, shell);
  });
});
