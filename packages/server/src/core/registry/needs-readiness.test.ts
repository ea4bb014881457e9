import { describe, expect, it } from 'vitest';
import { createSite, golden } from '../../test-support/scripted-site.ts';
import { settled } from '../../test-support/scripted-version.ts';

const NEEDS = {
  'g-1.0.mar': [
    { name: 'node', isHard: true },
    { name: 'other', version: '2', isHard: true },
    { name: 'spare', isHard: false },
  ],
};

/** A site with a registration of `g` that waits; `outcome` is what became of it. */
async function waiting(options: Parameters<ReturnType<typeof createSite>['control']['register']>[1]) {
  const site = createSite({ needs: NEEDS });
  const { started } = await site.control.register({ url: 'g-1.0.mar' }, options);
  const outcome = started.then(
    () => 'ready',
    (error: Error) => error.message,
  );
  return { ...site, outcome };
}

describe('a registration that waits for what it needs', () => {
  it('starts its workers when all of that is ready', async () => {
    const { serve, workers, outcome } = await waiting({ needsTimeoutMs: 60_000 });
    await serve('node-1.mar');
    expect(workers('g', '1.0')).toEqual([]);
    await serve('other-2.mar');
    await settled();
    workers('g', '1.0')[0]?.becomeReady();
    expect(await outcome).toBe('ready');
  });

  it('says which is missing when the time is over, and is undone', async () => {
    const { registry, control, outcome, workers } = await waiting({ needsTimeoutMs: 0 });
    expect(await outcome).toBe(
      'Model "g" Version "1.0" needs "node" (it is not registered), "other/2" (it is not registered)',
    );
    expect([registry.all(), workers('g', '1.0')]).toEqual([[], []]);
    const { started } = await control.register({ url: 'node-1.mar' });
    const again = await control.register({ url: 'g-1.0.mar' }, { needsTimeoutMs: 0 });
    await expect(again.started).rejects.toThrow('needs "node" (0 of 1 workers are ready), "other/2"');
    await control.close(0);
    await expect(started).rejects.toBeInstanceOf(Error);
  });

  it('ends with the server, and with its version', async () => {
    const ended = await waiting({ needsTimeoutMs: 60_000 });
    await ended.control.close(0);
    expect(await ended.outcome).toMatch(/needs "node"/);
    const removed = await waiting({ needsTimeoutMs: 60_000 });
    await removed.control.unregister('g');
    expect(await removed.outcome).toMatch(/needs "node"/);
  });

  it('waits for no more than is on its way, where it stays in any case', async () => {
    const { control, outcome, workers } = await waiting({ needsTimeoutMs: 60_000, staysOnFailure: true });
    await settled();
    workers('g', '1.0')[0]?.becomeReady();
    expect(await outcome).toBe('ready');
    const { started } = await control.register({ url: 'node-1.mar' });
    await control.unregister('g');
    const again = await control.register({ url: 'g-1.0.mar' }, { needsTimeoutMs: 60_000, staysOnFailure: true });
    await settled();
    expect(workers('g', '1.0')).toHaveLength(0);
    for (const worker of workers('node', '1')) worker.becomeReady();
    await started;
    await settled();
    for (const worker of workers('g', '1.0')) worker.becomeReady();
    await again.started;
  });
});

describe('golden requests of a version that needs others', () => {
  it('are sent when those are ready; until then it is registered, and no answer is held against it', async () => {
    const site = createSite({ needs: { 'g-1.0.mar': [{ name: 'node', isHard: true }] }, golden: [golden('a')] });
    const registered = await site.control.register({ url: 'g-1.0.mar' });
    const [worker] = site.workers('g', '1.0');
    worker?.becomeReady();
    await registered.started;
    expect(site.registry.resolve('g').golden).toMatchObject({ isOpen: true, mismatch: undefined });
    const node = await site.control.register({ url: 'node-1.mar' });
    const [other] = site.workers('node', '1');
    other?.becomeReady();
    await settled();
    other?.answer();
    await node.started;
    await settled();
    worker?.answer();
    await settled();
    expect(site.registry.resolve('g').golden).toMatchObject({ status: 'passed' });
  });
});
