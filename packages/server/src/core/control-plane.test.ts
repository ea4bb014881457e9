import { describe, expect, it } from 'vitest';
import { createSite } from '../test-support/scripted-site.ts';
import { settled } from '../test-support/scripted-version.ts';
import { SETTINGS } from '../test-support/version-settings.ts';

describe('a registration', () => {
  it('is written down when its workers are ready, not before', async () => {
    const { control, workers, writes } = createSite();
    const { key, started } = await control.register({ url: 'm-1.0.mar' });
    expect([key, writes]).toEqual([{ name: 'm', version: '1.0' }, []]);
    workers('m', '1.0')[0]?.becomeReady();
    await started;
    expect(writes).toEqual(['snapshot: m 1.0*']);
  });

  it('is undone when a worker does not start', async () => {
    const { control, registry, workers, writes, deleted } = createSite();
    const { started } = await control.register({ url: 'm-1.0.mar' });
    workers('m', '1.0')[0]?.failToStart('no labels');
    await expect(started).rejects.toMatchObject({ code: 'worker_start_failed', message: 'no labels' });
    expect([registry.all(), writes, deleted]).toEqual([[], [], ['m-1.0.mar']]);
  });

  it('that stays on failure is still there', async () => {
    const { control, registry, workers } = createSite();
    const { started } = await control.register({ url: 'm-1.0.mar' }, { staysOnFailure: true });
    workers('m', '1.0')[0]?.failToStart('no labels');
    await expect(started).rejects.toThrow('no labels');
    expect(registry.names()).toEqual(['m']);
  });

  it('of a key that is taken is refused', async () => {
    const { control, serve } = createSite();
    await serve('m-1.0.mar');
    await expect(control.register({ url: 'm-1.0.mar' })).rejects.toMatchObject({ code: 'already_registered' });
  });
});

describe('a version', () => {
  it('that is the default one of several cannot be unregistered', async () => {
    const { control, registry, serve, writes } = createSite();
    await serve('m-1.0.mar');
    await serve('m-2.0.mar');
    await expect(control.unregister('m', '1.0')).rejects.toMatchObject({ code: 'default_version_in_use' });
    await control.setDefault({ name: 'm', version: '2.0' });
    expect(writes.at(-1)).toBe('snapshot: m 1.0, m 2.0*');
    await control.unregister('m', '1.0');
    expect(registry.all().map(({ key }) => key.version)).toEqual(['2.0']);
  });

  it('cannot have more workers at most than at least', async () => {
    const { control, serve } = createSite();
    await serve('m-1.0.mar');
    const scaled = control.scale({ name: 'm' }, { min: 2, max: 1 });
    await expect(scaled).rejects.toThrow('max_worker cannot be less than min_worker.');
  });

  it('comes back as it was written down, and only under its own version', async () => {
    const rest = { isDefault: true, served: { runtime: 'node', workers: { min: 1, max: 1 }, settings: SETTINGS } };
    const { control, registry } = createSite();
    await control.restore({ key: { name: 'other', version: '1.0' }, registration: { url: 'm-1.0.mar' }, ...rest });
    expect(registry.resolve('other').key.version).toBe('1.0');
    const wrong = { key: { name: 'm', version: '2.0' }, registration: { url: 'm-1.0.mar' }, ...rest };
    await expect(control.restore(wrong)).rejects.toMatchObject({ code: 'invalid_archive' });
  });
});

describe('the end of a server', () => {
  it('removes everything, and leaves it written down', async () => {
    const { control, registry, serve, writes, deleted } = createSite();
    await serve('m-1.0.mar');
    await control.close(1000);
    expect(registry.all()).toEqual([]);
    expect(writes.at(-1)).toBe('shutdown: m 1.0*');
    expect(deleted).toEqual(['m-1.0.mar+']);
  });

  it('undoes what is being registered meanwhile', async () => {
    let goOn = () => {};
    const opening = new Promise<void>((resolve) => (goOn = resolve));
    const { control, registry, deleted } = createSite({ onOpen: () => opening });
    const registered = control.register({ url: 'm-1.0.mar' });
    registered.catch(() => {});
    const closed = control.close(1000);
    await settled();
    goOn();
    await closed;
    await expect(registered).rejects.toMatchObject({ code: 'shutting_down' });
    expect([registry.all(), deleted]).toEqual([[], ['m-1.0.mar']]);
  });
});
