import { describe, expect, it } from 'vitest';
import { createSite } from '../../test-support/scripted-site.ts';
import { settled, silent, submit } from '../../test-support/scripted-version.ts';
import { RegistrySnapshot } from './registry-snapshot.ts';
import { VersionRemover } from './version-remover.ts';

async function createRemover(timeoutMs = 60_000) {
  const site = createSite();
  const { registry } = site;
  const written: string[] = [];
  const write = async () =>
    void written.push(
      snapshot
        .capture()
        .map(({ key }) => key.version)
        .join(' '),
    );
  const snapshot = new RegistrySnapshot({ registry, snapshots: { write } });
  const remover = new VersionRemover({ registry, snapshot, timeoutMs, logger: silent });
  const registered = await site.serve('m-1.0.mar');
  const [worker] = site.workers('m', '1.0');
  return { ...site, snapshot, remover, registered, worker, written };
}

describe('a removal', () => {
  it('takes the version out at once, answers what it has, and then deletes its files', async () => {
    const { registry, remover, registered, worker, deleted } = await createRemover();
    const answer = submit(registered.serving, 'a');
    const removed = remover.remove(registered);
    expect(registry.all()).toEqual([]);
    await settled();
    expect(deleted).toEqual([]);
    worker?.answer();
    expect(await answer).toBe('a');
    expect(await removed).toBe(true);
    expect(deleted).toEqual(['m-1.0.mar']);
  });

  it('keeps the key until the files are gone', async () => {
    const { registry, remover, registered, worker } = await createRemover();
    void submit(registered.serving, 'a');
    const removed = remover.remove(registered);
    expect(() => registry.reserve(registered.key)).toThrow('already registered');
    worker?.answer();
    await removed;
    registry.reserve(registered.key);
  });

  it('gives up what is not finished in time, says so, and deletes the files all the same', async () => {
    const { remover, registered, deleted } = await createRemover(1);
    const answer = submit(registered.serving, 'a');
    expect(await remover.remove(registered)).toBe(false);
    await expect(answer).rejects.toMatchObject({ code: 'shutting_down' });
    expect(deleted).toEqual(['m-1.0.mar']);
  });

  it('is written down when the version was', async () => {
    const { remover, registered, snapshot, written } = await createRemover();
    snapshot.keep(registered);
    await remover.remove(registered);
    expect(written).toEqual(['']);
  });

  it('of a version that was never written down writes nothing', async () => {
    const { remover, registered, written } = await createRemover();
    await remover.remove(registered);
    expect(written).toEqual([]);
  });

  it('happens once, whoever asks', async () => {
    const { remover, registered, deleted } = await createRemover();
    expect(await Promise.all([remover.remove(registered), remover.remove(registered)])).toEqual([true, true]);
    expect(deleted).toHaveLength(1);
  });

  it('succeeds although the files cannot be deleted', async () => {
    const { remover, registered, registry } = await createRemover();
    const model = { ...registered.model, remove: () => Promise.reject(new Error('busy')) };
    registry.remove(registered);
    const stuck = { ...registered, model };
    registry.add(stuck);
    expect(await remover.remove(stuck)).toBe(true);
    registry.reserve(registered.key);
  });

  it('of all hurries those that are on their way already', async () => {
    const { remover, registered, registry, serve, deleted } = await createRemover();
    await serve('n-1.0.mar');
    const answer = submit(registered.serving, 'a');
    const removed = remover.remove(registered);
    await remover.removeAll(1);
    expect(await removed).toBe(false);
    await expect(answer).rejects.toMatchObject({ code: 'shutting_down' });
    expect(registry.all()).toEqual([]);
    expect(deleted.toSorted()).toEqual(['m-1.0.mar', 'n-1.0.mar']);
  });
});
