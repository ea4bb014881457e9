/** What docs/onnxruntime-server.md shows is true: the server starts as it says, and its commands and its program run. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUSE_PRICE } from '../fixtures/page-models.ts';
import { startDaemon, type Daemon } from '../helpers/daemon.ts';
import { readBlocks, ROOT, runBlock } from '../helpers/pages.ts';

const BLOCKS = await readBlocks('docs/onnxruntime-server.md');
const UNSAID = { inference_address: '', management_address: '', metrics_address: '', grpc_inference_port: '' };

let daemon: Daemon;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'marserve-page-'));
  for (const name of ['node_modules', 'packages']) await symlink(path.join(ROOT, name), path.join(folder, name));
  await writeFile(path.join(folder, 'price.onnx'), HOUSE_PRICE);
  const [, line = ''] = /^model-server +(--model_path=.*) --foreground$/m.exec(BLOCKS[0]?.text ?? '') ?? [];
  const flags = line
    .replace('iris.onnx', path.join(folder, 'price.onnx'))
    .replaceAll(/(port)=\d+/g, '$1=0')
    .split(' ');
  expect(flags).toHaveLength(3);
  daemon = await startDaemon({ config: { ...UNSAID, grpc_management_port: '', model_store: '' }, args: flags });
});

afterAll(async () => {
  await daemon?.close();
  await rm(folder, { recursive: true, force: true });
});

it('its commands answer what it says', async () => {
  const commands = BLOCKS.filter(({ language }) => language === 'bash');
  expect(commands).not.toEqual([]);
  for (const block of commands) {
    const output = await runBlock(block, { replace: { 'http://127.0.0.1:8001': daemon.inference }, cwd: folder });
    expect(JSON.parse(output)).toEqual(JSON.parse(block.next?.text ?? ''));
  }
});

it('its program prints prices', async () => {
  const text = BLOCKS.find(({ language }) => language === 'js')?.text ?? '';
  await writeFile(path.join(folder, 'predict.mjs'), text.replace('127.0.0.1:50051', daemon.grpcInference));
  const { stdout } = await promisify(execFile)(process.execPath, ['predict.mjs'], { cwd: folder });
  expect(stdout).toBe('258 160\n');
});
