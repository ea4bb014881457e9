import { describe, expect, it } from 'vitest';
import { createSite } from '../../test-support/scripted-site.ts';
import { settled } from '../../test-support/scripted-version.ts';

async function createServing() {
  const site = createSite();
  const registered = await site.serve('m-1.0.mar', { min: 1, max: 1 });
  const scale = async (count: number) => {
    const { reached } = await site.control.scale({ name: 'm' }, { min: count, max: count });
    return reached;
  };
  return { ...site, registered, scale, own: site.workers('m', '1.0') };
}

describe('a scaling', () => {
  it('is reached when the workers are ready', async () => {
    const { registered, scale, own } = await createServing();
    const reached = scale(2);
    await settled();
    own[1]?.becomeReady();
    await reached;
    expect(registered.serving.workers).toEqual({ min: 2, max: 2 });
  });

  it('that cannot be reached is undone, and written down as it was', async () => {
    const { registered, scale, own, writes } = await createServing();
    const before = writes.length;
    const reached = scale(3);
    await settled();
    own[1]?.failToStart('no memory');
    own[2]?.becomeReady();
    await expect(reached).rejects.toMatchObject({ code: 'worker_start_failed', message: 'no memory' });
    expect(registered.serving.workers).toEqual({ min: 1, max: 1 });
    await expect.poll(() => registered.serving.runners.length).toBe(1);
    expect(writes.length).toBe(before + 2);
  });

  it('is content with what somebody else asks for meanwhile', async () => {
    const { registered, scale } = await createServing();
    const first = scale(3);
    await settled();
    await Promise.all([first, scale(1)]);
    expect(registered.serving.workers).toEqual({ min: 1, max: 1 });
  });

  it('of a version that is unregistered meanwhile fails', async () => {
    const { control, scale } = await createServing();
    const reached = scale(2);
    await settled();
    await control.unregister('m');
    await expect(reached).rejects.toMatchObject({ code: 'worker_start_failed' });
  });
});
