import { describe, expect, it } from 'vitest';
import { SETTINGS } from '../../test-support/version-settings.ts';
import { ModelRegistry } from './model-registry.ts';
import type { RegisteredVersion } from './registered-version.ts';
import { RegistrySnapshot, type SnapshotWriter, type VersionSnapshot } from './registry-snapshot.ts';

/** What a snapshot reads of a version. */
function createVersion(name: string, version: string): RegisteredVersion {
  return {
    key: { name, version },
    registration: { url: `${name}-${version}.mar` },
    model: { manifest: { runtime: 'node' } },
    serving: { settings: SETTINGS, workers: { min: 1, max: 1 } },
  } as RegisteredVersion;
}

const written = (name: string, version: string, isDefault: boolean): VersionSnapshot => ({
  key: { name, version },
  isDefault,
  registration: { url: `${name}-${version}.mar` },
  served: { runtime: 'node', workers: { min: 1, max: 1 }, settings: SETTINGS },
});

function createSnapshot(toBeRestored: readonly VersionSnapshot[] = []) {
  const registry = new ModelRegistry();
  const writes: string[] = [];
  const snapshots: SnapshotWriter = {
    async write(versions, kind) {
      writes.push(`${kind}: ${versions.map(({ key }) => key.version).join(' ')}`);
    },
  };
  const snapshot = new RegistrySnapshot({ registry, toBeRestored, snapshots });
  const keep = (name: string, version: string) => {
    const registered = createVersion(name, version);
    registry.add(registered);
    snapshot.keep(registered);
    return registered;
  };
  /** Versions, the default ones with a star. */
  const captured = () =>
    snapshot.capture().map(({ key, isDefault }) => `${key.name} ${key.version}${isDefault ? '*' : ''}`);
  return { registry, snapshot, keep, captured, writes };
}

describe('the snapshot of a registry', () => {
  it('has what was acknowledged, and what the default versions are', () => {
    const { registry, snapshot, keep, captured } = createSnapshot();
    keep('m', '1.0');
    const second = keep('m', '2.0');
    registry.add(createVersion('m', 'loading'));
    registry.setDefault(second.key);
    expect(captured()).toEqual(['m 1.0', 'm 2.0*']);
    registry.remove(second);
    expect(snapshot.forget(second)).toBe(true);
    expect(snapshot.forget(second)).toBe(false);
    expect(captured()).toEqual(['m 1.0']);
  });

  it('has what was said since the registration, be it before the version was taken in', () => {
    const { registry, snapshot } = createSnapshot();
    const registered = createVersion('m', '1.0');
    registry.add(registered);
    snapshot.note(registered, { workers: { min: 2, max: 3 } });
    snapshot.keep(registered);
    expect(snapshot.capture()[0]).toMatchObject({
      registration: { url: 'm-1.0.mar', workers: { min: 2, max: 3 } },
      served: { workers: { min: 2, max: 3 } },
    });
  });

  it('keeps what is to be restored until it is there, was given up or was replaced', () => {
    const { snapshot, keep, captured } = createSnapshot([
      written('m', '1.0', true),
      written('m', '2.0', false),
      written('n', '1.0', true),
    ]);
    keep('m', '2.0');
    expect(captured()).toEqual(['m 2.0', 'm 1.0*', 'n 1.0*']);
    keep('m', '1.0');
    expect(captured()).toEqual(['m 2.0*', 'm 1.0', 'n 1.0*']);
    expect(snapshot.forgetMissing('n', '9')).toBe(false);
    expect(snapshot.forgetMissing('n')).toBe(true);
    expect(captured()).toEqual(['m 2.0*', 'm 1.0']);
  });

  it('does not give up the default version that could not be restored, unless another is chosen', () => {
    const { registry, snapshot, keep, captured } = createSnapshot([written('m', '1.0', true)]);
    const second = keep('m', '2.0');
    expect(captured()).toEqual(['m 2.0', 'm 1.0*']);
    registry.setDefault(second.key);
    snapshot.chooseDefault('m');
    expect(captured()).toEqual(['m 2.0*', 'm 1.0']);
  });

  it('is written as it was before the server ends, and what it has outlives the server', async () => {
    const { registry, snapshot, keep, writes } = createSnapshot();
    const registered = keep('m', '1.0');
    await snapshot.save();
    expect(snapshot.outlivesServer(registered)).toBe(false);
    const closed = snapshot.close();
    expect(snapshot.outlivesServer(registered)).toBe(true);
    registry.remove(registered);
    snapshot.forget(registered);
    await snapshot.save();
    await closed;
    expect(writes).toEqual(['snapshot: 1.0', 'shutdown: 1.0']);
  });

  it('is not written when the server ends before it has started', async () => {
    const { snapshot, writes } = createSnapshot([written('m', '1.0', true)]);
    await snapshot.close();
    expect(writes).toEqual([]);
  });
});
