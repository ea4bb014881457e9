import { describe, expect, it } from 'vitest';
import { TokenKeys, type TokenKeySet } from './token-keys.ts';

function create(store: (keys: TokenKeySet) => void = () => {}) {
  const clock = { ms: Date.parse('2026-01-01T00:00:00Z') };
  const keys = new TokenKeys({ lifetimeMs: 60_000, store, now: () => clock.ms });
  return { clock, keys, keyOf: (name: keyof TokenKeySet) => keys.all[name].key };
}

describe('keys', () => {
  it('are as in the key file of TorchServe, and longer', () => {
    const expiration = { 'expiration time': '2026-01-01T00:01:00.000Z' };
    const key = expect.stringMatching(/^[\w-]{43}$/) as string;
    expect(create().keys.all).toEqual({
      management: { key, ...expiration },
      inference: { key, ...expiration },
      API: { key },
    });
  });

  it('are all different, and new each time', () => {
    const all = Array.from({ length: 50 }, () => Object.values(create().keys.all)).flat();
    expect(new Set(all.map(({ key }) => key)).size).toBe(150);
  });

  it('count for their own API alone', () => {
    const { keys, keyOf } = create();
    for (const name of ['inference', 'management', 'API'] as const)
      for (const other of ['inference', 'management', 'API'] as const)
        expect(keys.check(name, keyOf(other)).kind).toBe(name === other ? 'valid' : 'wrong');
  });

  it('are compared as a whole', () => {
    const { keys, keyOf } = create();
    const key = keyOf('inference');
    for (const token of ['', key.slice(1), key.slice(0, -1), `${key}=`, ` ${key}`, key.toUpperCase(), 'é'.repeat(43)])
      expect(keys.check('inference', token).kind).toBe('wrong');
  });

  it('expire, but for the one that renews them', () => {
    const { keys, keyOf, clock } = create();
    clock.ms += 59_999;
    expect(keys.check('inference', keyOf('inference')).kind).toBe('valid');
    clock.ms += 1;
    const expired = { kind: 'expired', since: '2026-01-01T00:01:00.000Z' };
    expect(keys.check('inference', keyOf('inference'))).toEqual(expired);
    expect(keys.check('management', keyOf('management'))).toEqual(expired);
    expect(keys.check('management', keyOf('inference')).kind).toBe('wrong');
    clock.ms += 1e12;
    expect(keys.check('API', keyOf('API')).kind).toBe('valid');
  });

  it('are renewed one by one, and written down before they count', () => {
    const stored: TokenKeySet[] = [];
    const { keys, keyOf, clock } = create((all) => stored.push(all));
    const before = keys.all;
    clock.ms += 60_000;
    const renewed = keys.renew('inference');
    expect(renewed['expiration time']).toBe('2026-01-01T00:02:00.000Z');
    expect(stored).toEqual([{ ...before, inference: renewed }]);
    expect(keys.check('inference', before.inference.key).kind).toBe('wrong');
    expect(keys.check('inference', keyOf('inference')).kind).toBe('valid');
    expect(keys.check('management', before.management.key).kind).toBe('expired');
  });

  it('stay as they are when new ones cannot be written down', () => {
    const { keys, keyOf } = create(() => {
      throw new Error('full');
    });
    const key = keyOf('management');
    expect(() => keys.renew('management')).toThrow('full');
    expect(keys.check('management', key).kind).toBe('valid');
  });
});
