import { beforeEach, describe, expect, it } from 'vitest';
import { ModelRegistry } from './model-registry.ts';
import type { RegisteredVersion } from './registered-version.ts';

let registry: ModelRegistry;

function add(name: string, version: string): RegisteredVersion {
  // The registry looks at the key alone.
  const registered = { key: { name, version } } as RegisteredVersion;
  registry.add(registered);
  return registered;
}

beforeEach(() => {
  registry = new ModelRegistry();
});

describe('ModelRegistry', () => {
  it('makes the first version of a model its default', () => {
    add('m', '1.0');
    add('m', '2.0');
    expect(registry.resolve('m').key.version).toBe('1.0');
    expect(registry.resolve('m', '2.0').key.version).toBe('2.0');
  });

  it('changes the default version', () => {
    add('m', '1.0');
    add('m', '2.0');
    registry.setDefault({ name: 'm', version: '2.0' });
    expect(registry.resolve('m').key.version).toBe('2.0');
    expect(registry.versionsOf('m').map(({ key }) => key.version)).toEqual(['2.0', '1.0']);
  });

  it('says whether the model or the version is unknown', () => {
    add('m', '1.0');
    expect(() => registry.resolve('x')).toThrow('Model not found: x');
    expect(() => registry.resolve('m', '9')).toThrow('Model version: 9 does not exist for model: m');
    expect(() => registry.setDefault({ name: 'm', version: '9' })).toThrow(
      'Model version 9 does not exist for model m',
    );
  });

  it('lets one registration of a key begin at a time', () => {
    const key = { name: 'm', version: '1.0' };
    registry.reserve(key);
    expect(() => registry.reserve(key)).toThrow('Model version 1.0 is already registered for model m');
    registry.release(key);
    registry.reserve(key);
    registry.release(key);
    add('m', '1.0');
    expect(() => registry.reserve(key)).toThrow('already registered');
  });

  it('protects the default version while there are others', () => {
    add('m', '1.0');
    registry.assertRemovable({ name: 'm', version: '1.0' });
    add('m', '2.0');
    expect(() => registry.assertRemovable({ name: 'm', version: '1.0' })).toThrow(
      'Cannot remove default version for model m',
    );
    registry.assertRemovable({ name: 'm', version: '2.0' });
  });

  it('forgets a model with its last version, and gives a default that is undone to the latest', () => {
    const first = add('m', '1.0');
    const second = add('m', '2.0');
    expect(registry.remove(first)).toBe(true);
    expect(registry.resolve('m').key.version).toBe('2.0');
    expect(registry.remove(second)).toBe(true);
    expect(registry.names()).toEqual([]);
  });

  it('does not mistake a later registration for the one to be removed', () => {
    const undone = add('m', '1.0');
    registry.remove(undone);
    add('m', '1.0');
    expect(registry.remove(undone)).toBe(false);
    expect(registry.names()).toEqual(['m']);
  });

  it('lists names in order', () => {
    add('b', '1');
    add('a', '1');
    expect(registry.names()).toEqual(['a', 'b']);
  });
});
