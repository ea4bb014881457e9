import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test-support/temporary-folder.ts';
import type { Manifest } from './manifest.ts';
import { modelDigest } from './model-digest.ts';

const hex = (text: string) => createHash('sha256').update(text).digest('hex');

async function digest(files: Readonly<Record<string, string>>, how: Partial<Manifest['model']> & Options = {}) {
  const { external = [], hasDigests = true, ...model } = how;
  const modelDir = await temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(modelDir, path, '..'), { recursive: true });
    await writeFile(join(modelDir, path), text);
  }
  const entries = Object.entries(files).map(([path, text]) => [path, { size: text.length, sha256: hex(text) }]);
  const named = { modelName: 'm', modelVersion: '1.0', handler: 'base_handler', serializedFile: 'm.onnx', ...model };
  return modelDigest({
    modelDir,
    manifest: { model: named, ...(hasDigests && { files: Object.fromEntries(entries) as Manifest['files'] }) },
    findExternalData() {
      if (external === 'broken') throw new Error('no ONNX model');
      return [...external];
    },
  });
}

interface Options {
  readonly external?: readonly string[] | 'broken';
  readonly hasDigests?: boolean;
}

describe.each([true, false])('with digests in the manifest: %s', (hasDigests) => {
  it('is that of the file, whatever lies beside it', async () => {
    expect(await digest({ 'm.onnx': 'weights' }, { hasDigests })).toBe(`sha256:${hex('weights')}`);
    const beside = { 'm.onnx': 'weights', 'labels.json': '[]', 'model-config.yaml': '' };
    expect(await digest(beside, { hasDigests })).toBe(`sha256:${hex('weights')}`);
    expect(await digest({ ...beside, 'labels.json': '["a"]' }, { hasDigests, external: 'broken' })).toBe(
      `sha256:${hex('weights')}`,
    );
  });

  it('changes with external data, as sha256sum says it', async () => {
    const external = ['w.bin', 'deep/v.bin'];
    const files = { 'm.onnx': 'graph', 'w.bin': 'one', 'deep/v.bin': 'two' };
    const lines = `${hex('two')}  deep/v.bin\n${hex('graph')}  m.onnx\n${hex('one')}  w.bin\n`;
    expect(await digest(files, { hasDigests, external })).toBe(`sha256:${hex(lines)}`);
    expect(await digest({ ...files, 'w.bin': 'other' }, { hasDigests, external })).not.toBe(`sha256:${hex(lines)}`);
  });
});

it('there is none without a serialized file', async () => {
  expect(await digest({ 'a.bin': 'x' }, { serializedFile: undefined })).toBeUndefined();
  expect(await digest({ 'a.bin': 'x' }, { hasDigests: false })).toBeUndefined();
});
