import { describe, expect, it } from 'vitest';
import { assertNoCircle, assertNotNeeded, type ModelNeed, type NeedingVersion } from './model-needs.ts';
import { ModelRegistry } from './model-registry.ts';

/** `name`, `name/version`; with a `?` behind it what could be done without. */
function needsOf(texts: readonly string[]): ModelNeed[] {
  return texts.map((text) => {
    const [name = '', version] = text.replace('?', '').split('/');
    return { name, version, isHard: !text.endsWith('?') };
  });
}

function version(key: string, ...needs: readonly string[]): NeedingVersion {
  const [name = '', number = ''] = key.split('/');
  return { key: { name, version: number }, model: { needs: needsOf(needs) } };
}

function registryOf(...versions: readonly NeedingVersion[]): ModelRegistry<NeedingVersion> {
  const registry = new ModelRegistry<NeedingVersion>();
  for (const each of versions) registry.add(each);
  return registry;
}

describe('a model that would ask itself', () => {
  const circle = (registry: ModelRegistry<NeedingVersion>, added: NeedingVersion, isDefault = true) => {
    try {
      assertNoCircle(registry, added, isDefault);
    } catch (error) {
      return (error as Error).message.replace(/^.*: /, '');
    }
    return undefined;
  };

  it('is refused with the path', () => {
    expect(circle(registryOf(), version('a/1.0', 'a'))).toBe('a/1.0 → a/1.0');
    expect(circle(registryOf(version('a/1.0', 'b')), version('b/1.0', 'a'))).toBe('a/1.0 → b/1.0 → a/1.0');
    const registry = registryOf(version('a/1.0', 'b', 'x?'), version('b/1.0', 'c?'), version('x/1.0'));
    expect(circle(registry, version('c/1.0', 'x', 'a/1.0'))).toBe('a/1.0 → b/1.0 → c/1.0 → a/1.0');
    expect(() => assertNoCircle(registry, version('c/1.0', 'a'), true)).toThrow(
      expect.objectContaining({ code: 'circular_needs', message: expect.stringContaining('Model "c" Version "1.0"') }),
    );
  });

  it('asks no other of its own versions, nor one of another name that is not the default one', () => {
    expect(circle(registryOf(version('a/1.0')), version('a/2.0', 'a/1.0'))).toBeUndefined();
    expect(circle(registryOf(version('a/1.0')), version('a/2.0', 'a'), false)).toBeUndefined();
    expect(circle(registryOf(version('a/1.0')), version('a/2.0', 'a'), true)).toBe('a/2.0 → a/2.0');
    const registry = registryOf(version('a/1.0', 'b'), version('b/1.0'));
    const next = version('b/2.0', 'a');
    expect(circle(registry, next, false)).toBeUndefined();
    registry.add(next);
    expect(circle(registry, next, true)).toBe('a/1.0 → b/2.0 → a/1.0');
  });

  it('asks through no more than eight, those that ask it counted', () => {
    const chain = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => version(`m${from + index}/1`, `m${from + index + 1}`));
    const all = registryOf(...chain(0, 4), ...chain(5, 8), version('m8/1'));
    expect(circle(all, version('m4/1', 'm5'))).toBe(Array.from({ length: 9 }, (_, index) => `m${index}/1`).join(' → '));
    const less = registryOf(...chain(0, 4), ...chain(5, 7), version('m7/1'));
    expect(circle(less, version('m4/1', 'm5'))).toBeUndefined();
  });

  it('is told of quickly where many ask many', () => {
    const names = Array.from({ length: 7 }, (_, level) =>
      Array.from({ length: 12 }, (__, place) => `m${level}-${place}`),
    );
    const layers = names.flatMap((layer, level) =>
      layer.map((name) => version(`${name}/1`, ...(names[level + 1] ?? []))),
    );
    expect(circle(registryOf(...layers), version('top/1', ...(names[0] ?? [])))).toBeUndefined();
    expect(circle(registryOf(...layers), version('m6-0/1', 'm0-0'))).toMatch(/^m0-0\/1 → .* → m6-0\/1 → m0-0\/1$/);
  });
});

describe('a model that others ask', () => {
  const [price, newer] = [version('price/1.0'), version('price/2.0')];
  const needed = (needing: readonly NeedingVersion[], going: readonly NeedingVersion[], isReplaced = false) => {
    try {
      assertNotNeeded(registryOf(price, newer, ...needing), going, { isReplaced });
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };

  it('is not unregistered while those are there that cannot do without it', () => {
    expect(needed([version('g/1.0', 'price'), version('h/3', 'price/1.0')], [price])).toBe(
      'Model "price" Version "1.0" is needed by g/1.0, h/3. Unregister those before, or say force=true.',
    );
    expect(needed([version('g/1.0', 'price')], [price, newer])).toMatch(/^Model "price" is needed by g\/1\.0\./);
    expect(needed([version('g/1.0', 'price/2.0')], [newer])).toMatch(/^Model "price" Version "2\.0" is needed/);
  });

  it('is where they can, or mean another version', () => {
    expect(needed([], [price])).toBeUndefined();
    expect(needed([version('g/1.0', 'price?', 'price/2.0', 'other')], [price])).toBeUndefined();
    expect(needed([version('g/1.0', 'price')], [newer])).toBeUndefined();
    const nextOfItself = version('price/3.0', 'price/1.0');
    expect(needed([nextOfItself], [price, newer, nextOfItself])).toBeUndefined();
  });

  it('is replaced, unless that very version is asked', () => {
    expect(needed([version('g/1.0', 'price')], [price], true)).toBeUndefined();
    expect(needed([version('g/1.0', 'price/1.0')], [price], true)).toMatch(/needed by g\/1\.0/);
  });
});
