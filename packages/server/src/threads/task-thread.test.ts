import { describe, expect, it } from 'vitest';
import { ArchiveError } from '@marserve/archiver/format';
import type { ModelConfig } from '../config/model-config.ts';
import { createTaskThread, type TaskThreadOptions } from './task-thread.ts';

const IN_THREAD = 2 ** 20;
const labels = Array.from({ length: 20_000 }, (_, i) => `  k${i}: v`).join('\n');

function readConfig(text: string, options?: TaskThreadOptions): Promise<ModelConfig> {
  return createTaskThread(options)({ name: 'modelConfig', args: [text, 'model.yaml'] }, IN_THREAD);
}

/** The longest turn of this thread's event loop while something is done. */
async function longestTurn(action: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  await action();
  clearInterval(watch);
  return longest;
}

describe('a task in its thread', () => {
  it('gives back what it gives on this thread', async () => {
    const { settings, json } = await readConfig(`batchSize: 3\nlabels:\n${labels}`);
    expect(settings.batchSize).toBe(3);
    expect(Object.keys((JSON.parse(json) as { labels: object }).labels)).toHaveLength(20_000);
  });

  it('throws what it throws on this thread', async () => {
    const run = createTaskThread();
    await expect(readConfig('batchSize: x')).rejects.toThrow(
      'model.yaml: batchSize: expected auto or an integer from 1, came "x"',
    );
    const manifest = run({ name: 'manifest', args: [Buffer.from('{}'), 'x.mar'] }, IN_THREAD);
    await expect(manifest).rejects.toThrow(ArchiveError);
    await expect(manifest).rejects.toMatchObject({
      code: 'invalid_manifest',
      message: expect.stringContaining('x.mar') as string,
    });
  });

  it('is ended when it takes too long, and says so', async () => {
    const error = {
      code: 'too_large',
      message: 'The archive is too large: reading its model config takes longer than 0.001 s.',
    };
    await expect(readConfig(`labels:\n${labels}`, { timeoutMs: 1 })).rejects.toMatchObject(error);
  });

  it('is ended when it takes too much memory, and says so', async () => {
    const text = `a: [${'[], '.repeat(1_000_000)}]`;
    const error = {
      code: 'too_large',
      message: 'The archive is too large: reading its model config takes more than 24 MB of memory.',
    };
    await expect(readConfig(text, { maxMegabytes: 24 })).rejects.toMatchObject(error);
  });

  it('waits for the one before it, even when that fails', async () => {
    const run = createTaskThread();
    const call = (text: string) => run({ name: 'modelConfig', args: [text, 'model.yaml'] }, IN_THREAD);
    const ends = await Promise.allSettled([call('a: ['), call('batchSize: 2'), call('- a'), call('batchSize: 4')]);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('leaves this thread alone, or at least most of the time', async () => {
    const text = `labels:\n${Array.from({ length: 80_000 }, (_, i) => `  k${i}: v`).join('\n')}`;
    const started = performance.now();
    const turn = await longestTurn(() => readConfig(text));
    expect(turn).toBeLessThan((performance.now() - started) / 2);
  });
});
