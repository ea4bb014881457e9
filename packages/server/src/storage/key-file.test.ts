import { lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createKeyFile } from './key-file.ts';

const keys = (key: string) => ({ management: { key }, inference: { key }, API: { key } });

async function create() {
  const folder = await mkdtemp(path.join(tmpdir(), 'marserve-keys-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'key_file.json');
  return { folder, file, keyFile: createKeyFile(file) };
}

describe('the key file', () => {
  it('is for its user alone, whatever the process lets others do', async () => {
    const { file, keyFile, folder } = await create();
    const before = process.umask(0);
    onTestFinished(() => void process.umask(before));
    keyFile.create(keys('a'));
    keyFile.update(keys('b'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(keys('b'));
    expect(readdirSync(folder)).toEqual(['key_file.json']);
  });

  it('replaces that of a server that was killed, readable by others or not', async () => {
    const { file, keyFile } = await create();
    writeFileSync(file, JSON.stringify(keys('old')), { mode: 0o666 });
    keyFile.create(keys('new'));
    expect(readFileSync(file, 'utf8')).toContain('new');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('does not replace what is none', async () => {
    for (const content of ['', 'my notes', '{"management":{"key":"x"}}', 'null', '[]']) {
      const { file, keyFile } = await create();
      writeFileSync(file, content);
      expect(() => keyFile.create(keys('a'))).toThrow(/holds something else\. Choose another with token_key_file/);
      expect(readFileSync(file, 'utf8')).toBe(content);
    }
  });

  it('is never written through a link', async () => {
    const { file, folder, keyFile } = await create();
    const target = path.join(folder, 'target');
    for (const content of [undefined, JSON.stringify(keys('x'))]) {
      if (content === undefined) symlinkSync(target, file);
      else writeFileSync(target, content);
      expect(() => keyFile.create(keys('a'))).toThrow('is a link');
    }
    expect(readFileSync(target, 'utf8')).toContain('"x"');
  });

  it('replaces a link that came later, and not what it leads to', async () => {
    const { file, folder, keyFile } = await create();
    keyFile.create(keys('a'));
    const target = path.join(folder, 'target');
    writeFileSync(target, 'theirs');
    await rm(file);
    symlinkSync(target, file);
    keyFile.update(keys('b'));
    expect(lstatSync(file).isSymbolicLink()).toBe(false);
    expect(readFileSync(target, 'utf8')).toBe('theirs');
  });

  it('goes when the server stops, unless it is another one', async () => {
    const { file, folder, keyFile } = await create();
    keyFile.create(keys('a'));
    keyFile.remove();
    expect(readdirSync(folder)).toEqual([]);
    keyFile.create(keys('a'));
    createKeyFile(file).create(keys('b'));
    keyFile.remove();
    expect(readFileSync(file, 'utf8')).toContain('"b"');
  });

  it('leaves that of another server alone that it did not replace', async () => {
    const { file, keyFile } = await create();
    createKeyFile(file).create(keys('a'));
    keyFile.remove();
    expect(readFileSync(file, 'utf8')).toContain('"a"');
  });

  it('says what to do where it cannot be written', async () => {
    const { folder } = await create();
    const advice = 'Choose another with token_key_file';
    expect(() => createKeyFile(path.join(folder, 'none', 'keys')).create(keys('a'))).toThrow(advice);
    await mkdir(path.join(folder, 'folder'));
    expect(() => createKeyFile(path.join(folder, 'folder')).create(keys('a'))).toThrow('is not a regular file');
    const lost = createKeyFile(path.join(folder, 'none', 'keys'));
    expect(() => lost.update(keys('a'))).toThrow(expect.objectContaining({ code: 'storage_failed' }) as Error);
  });
});
