import { describe, expect, it } from 'vitest';
import { createSite, golden, type SiteOptions } from '../../test-support/scripted-site.ts';
import { ServeError } from '../errors.ts';
import { openVersion, type Opening } from './version-opener.ts';

function createOpener(options?: SiteOptions) {
  const site = createSite(options);
  const open = (registration: Opening['registration'], rest: Partial<Opening> = {}) =>
    openVersion({ registration, signal: new AbortController().signal, ...rest }, site.parts);
  return { ...site, open };
}

describe('a version that is opened', () => {
  it('is in the registry under what its manifest says, without workers yet', async () => {
    const { registry, open, workers } = createOpener({ golden: [golden('a')] });
    const { registered, workers: range } = await open({ url: 'm-1.0.mar' });
    expect(registry.all()).toEqual([registered]);
    expect(registered.key).toEqual({ name: 'm', version: '1.0' });
    expect(registered.golden.count).toBe(1);
    expect([range, workers('m', '1.0')]).toEqual([{ min: 1, max: 1 }, []]);
  });

  it('has the name, the handler and the runtime that the registration asks for', async () => {
    const { open } = createOpener();
    const { registered } = await open({ url: 'm-1.0.mar', modelName: 'other', handler: 'h.mjs', runtime: 'bun' });
    expect(registered.key).toEqual({ name: 'other', version: '1.0' });
    expect(registered.model.manifest).toEqual({
      runtime: 'bun',
      model: { modelName: 'other', modelVersion: '1.0', handler: 'h.mjs' },
    });
  });

  it('is served as the registration says, else as its config says, else as the server does', async () => {
    const { open } = createOpener({ defaults: { batchSize: 4, maxBatchDelayMs: 5, minWorkers: 2, maxWorkers: 3 } });
    const { registered, workers } = await open({ url: 'm-1.0.mar', settings: { batchSize: 8 } });
    expect(registered.serving.settings).toMatchObject({ batchSize: 8, maxBatchDelayMs: 5, jobQueueSize: 100 });
    expect(workers).toEqual({ min: 2, max: 3 });
  });
});

describe('an opening that fails', () => {
  /** The key is free again, nothing is registered, and no file is left. */
  async function expectUndone({ registry, deleted, open }: ReturnType<typeof createOpener>, files: readonly string[]) {
    expect(registry.all()).toEqual([]);
    expect(deleted).toEqual(files);
    await open({ url: 'm-1.0.mar', workers: { min: 0, max: 1 } });
  }

  it('because there is no such archive leaves nothing behind', async () => {
    const opener = createOpener();
    await expect(opener.open({ url: 'gone' })).rejects.toMatchObject({ code: 'archive_not_found' });
    await expectUndone(opener, []);
  });

  it.each(['all', 'a b', '../m'])('because no model can be called "%s" leaves nothing behind', async (modelName) => {
    const opener = createOpener();
    await expect(opener.open({ url: 'm-1.0.mar', modelName })).rejects.toMatchObject({ code: 'invalid_argument' });
    await expectUndone(opener, []);
  });

  it('because the archive holds another version says which', async () => {
    const opener = createOpener();
    const opening = opener.open({ url: 'm-1.0.mar' }, { version: '2.0' });
    await expect(opening).rejects.toThrow('m-1.0.mar: expected version 2.0 of model m, came version 1.0');
    await expectUndone(opener, []);
  });

  it('because there may not be so many workers deletes what was unpacked', async () => {
    const opener = createOpener({ limits: { perModel: 2, total: 2 } });
    const opening = opener.open({ url: 'm-1.0.mar', workers: { min: 3, max: 3 } });
    await expect(opening).rejects.toMatchObject({ code: 'invalid_argument' });
    await expectUndone(opener, ['m-1.0.mar']);
  });

  it('because the server stops deletes what was unpacked, but no download that the next one looks for', async () => {
    const stopping = AbortSignal.abort();
    for (const [reusesDownload, files] of [
      [false, ['m-1.0.mar']],
      [true, ['m-1.0.mar+']],
    ] as const) {
      const opener = createOpener();
      const opening = opener.open({ url: 'm-1.0.mar' }, { signal: stopping, reusesDownload });
      await expect(opening).rejects.toMatchObject({ code: 'shutting_down' });
      await expectUndone(opener, files);
    }
  });

  it('because another one of its key is under way does not free the key of that one', async () => {
    const opener = createOpener();
    const key = { name: 'm', version: '1.0' };
    opener.registry.reserve(key);
    await expect(opener.open({ url: 'x-1.0.mar', modelName: 'm' })).rejects.toBeInstanceOf(ServeError);
    expect(() => opener.registry.reserve(key)).toThrow('already registered');
    opener.registry.release(key);
    await opener.open({ url: 'm-1.0.mar' });
  });
});
