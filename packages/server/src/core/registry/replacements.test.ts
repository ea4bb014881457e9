import { describe, expect, it } from 'vitest';
import { createSite, golden, type SiteOptions } from '../../test-support/scripted-site.ts';
import { ids, settled, submit } from '../../test-support/scripted-version.ts';

/** Version 1.0 serves with two workers, and version 2.0 is on its way to take its place. */
async function createReplacement(options?: SiteOptions) {
  const site = createSite(options);
  const former = await site.serve('m-1.0.mar', { min: 2, max: 2 });
  const { started } = await site.control.register({ url: 'm-2.0.mar' }, { replacesDefault: true });
  await settled();
  return { ...site, former, replaced: started, next: site.workers('m', '2.0') };
}

describe('a replacement', () => {
  it('gives the new version as many workers as the former has, then switches and removes the former', async () => {
    const { registry, replaced, next, deleted, writes } = await createReplacement();
    expect(next).toHaveLength(2);
    next[0]?.becomeReady();
    await settled();
    expect(registry.resolve('m').key.version).toBe('1.0');
    next[1]?.becomeReady();
    await replaced;
    expect(registry.all().map(({ key }) => key.version)).toEqual(['2.0']);
    expect(registry.resolve('m').serving.workers).toEqual({ min: 2, max: 2 });
    expect(deleted).toEqual(['m-1.0.mar']);
    expect(writes.at(-1)).toBe('snapshot: m 2.0*');
  });

  it('lets the former finish what it has', async () => {
    const { registry, former, replaced, next, workers } = await createReplacement();
    const answer = submit(former.serving, 'a');
    for (const worker of next) worker.becomeReady();
    await expect.poll(() => registry.resolve('m').key.version).toBe('2.0');
    workers('m', '1.0')[0]?.answer();
    expect(await answer).toBe('a');
    await replaced;
  });

  it('that has switched fails when the former cannot finish in time, and stays', async () => {
    const { registry, former, replaced, next } = await createReplacement({ unregisterTimeoutMs: 1 });
    void submit(former.serving, 'a').catch(() => {});
    for (const worker of next) worker.becomeReady();
    await expect(replaced).rejects.toMatchObject({
      code: 'unregister_timeout',
      message: expect.stringContaining('Version "2.0" is the default version') as string,
    });
    expect(registry.resolve('m').key.version).toBe('2.0');
  });

  it('is undone when a worker does not start: the former goes on, the new one goes', async () => {
    const { registry, former, replaced, next, deleted, workers } = await createReplacement();
    next[0]?.becomeReady();
    next[1]?.failToStart('no labels');
    await expect(replaced).rejects.toMatchObject({ code: 'worker_start_failed', message: 'no labels' });
    expect(registry.all()).toEqual([former]);
    expect(deleted).toEqual(['m-2.0.mar']);
    const answer = submit(former.serving, 'a');
    workers('m', '1.0')[0]?.answer();
    expect(await answer).toBe('a');
  });

  it('is undone when the new version answers its golden requests wrongly', async () => {
    const site = createSite({ golden: [golden('q', 'right')] });
    // The former is wrong as well, but was registered to stay.
    const { started } = await site.control.register({ url: 'm-1.0.mar' }, { staysOnFailure: true });
    started.catch(() => {});
    const replaced = (await site.control.register({ url: 'm-2.0.mar' }, { replacesDefault: true })).started;
    await settled();
    const [worker] = site.workers('m', '2.0');
    worker?.becomeReady();
    // Once when it is ready, and once more before it would become the default one.
    for (const times of [1, 2]) {
      await expect.poll(() => ids(worker)?.length).toBe(times);
      worker?.answer();
    }
    await expect(replaced).rejects.toMatchObject({ code: 'golden_mismatch' });
    expect(site.registry.all().map(({ key }) => key.version)).toEqual(['1.0']);
  });

  it('keeps others from its model until it is done', async () => {
    const { control, replaced, next } = await createReplacement();
    const underWay = { code: 'replacement_under_way' };
    const key = { name: 'm', version: '2.0' };
    await expect(control.scale({ name: 'm' }, { min: 1, max: 1 })).rejects.toMatchObject(underWay);
    await expect(control.unregister('m', '2.0')).rejects.toMatchObject(underWay);
    await expect(control.setDefault(key)).rejects.toMatchObject(underWay);
    await expect(control.replaceDefault(key)).rejects.toMatchObject(underWay);
    for (const worker of next) worker.becomeReady();
    await replaced;
    await control.setDefault(key);
  });
});
