import { describe, expect, it } from 'vitest';
import { openGraph } from '../../test-support/run-graph.ts';

const NODES = { a: () => 'a', b: () => 'b', c: () => 'c' };
const ARMS = { a: 'a', b: 'b', c: 'c' };

const open = (options: object, arms: unknown = ARMS) =>
  openGraph({ router: arms, policy: 'weighted', ...options }, NODES);

/** How often each arm answers so many requests. */
async function counts(options: object, requests: readonly (readonly [unknown, Record<string, string>?])[]) {
  const graph = await open(options);
  const found: Record<string, number> = { a: 0, b: 0, c: 0 };
  const arms: string[] = [];
  for (const [body, headers] of requests) {
    const { result } = await graph.ask(body, headers);
    arms.push(String(result));
    found[String(result)] = (found[String(result)] ?? 0) + 1;
  }
  return { found, arms };
}

/** Pearson's statistic: above 13.8 in one of a thousand runs for two degrees of freedom. */
function chiSquare(found: Readonly<Record<string, number>>, shares: Readonly<Record<string, number>>): number {
  const total = Object.values(found).reduce((sum, each) => sum + each, 0);
  const terms = Object.entries(shares).map(
    ([arm, share]) => ((found[arm] ?? 0) - share * total) ** 2 / (share * total),
  );
  return terms.reduce((sum, each) => sum + each, 0);
}

const some = (count: number) => Array.from({ length: count }, (_, index) => [index] as const);
const users = Array.from({ length: 1500 }, (_, index) => `user-${index}`);
const byUser = (header: string) => users.map((user) => ['x', { [header]: user }] as const);

describe('weighted', () => {
  it.each([1, 2, 3, 4, 5])('gives each arm its share, with the seed %i', async (seed) => {
    const { found } = await counts({ weights: { a: 7, b: 2, c: 1 }, seed }, some(2000));
    expect(chiSquare(found, { a: 0.7, b: 0.2, c: 0.1 })).toBeLessThan(13.8);
    const alike = await counts({ seed }, some(2000));
    expect(chiSquare(alike.found, { a: 1 / 3, b: 1 / 3, c: 1 / 3 })).toBeLessThan(13.8);
  });

  it('chooses the same with the same seed', async () => {
    const [one, same, other] = await Promise.all([7, 7, 8].map((seed) => counts({ seed }, some(50))));
    expect(one?.arms).toEqual(same?.arms);
    expect(one?.arms).not.toEqual(other?.arms);
  });

  it('never asks an arm of weight 0', async () => {
    const { found } = await counts({ weights: { a: 0, b: 0.001, c: 0 } }, some(300));
    expect(found).toEqual({ a: 0, b: 300, c: 0 });
  });

  it('says which arm has answered, in a header and in metrics', async () => {
    const graph = await openGraph(
      {
        sequence: [
          { name: 'first', router: { a: 'a', b: 'b' }, policy: 'weighted', weights: { a: 0, b: 1 } },
          { name: 'second', router: ['c'], policy: 'weighted' },
        ],
      },
      NODES,
    );
    expect(await graph.ask('x')).toEqual({ result: 'c', route: 'first=b, second=c' });
    const told = graph.metrics.filter(({ name }) => name === 'graph_route_total');
    expect(told.map(({ dimensions }) => [dimensions['router'], dimensions['arm']])).toEqual([
      ['first', 'b'],
      ['second', 'c'],
    ]);
  });
});

describe('sticky', () => {
  it.each([
    ['header', { header: 'X-User' }, byUser('x-user')],
    [
      'cookie',
      { cookie: 'session' },
      users.map((user) => ['x', { Cookie: `a=1; session=${user}; b=session=2` }] as const),
    ],
    ['field', { field: 'instances.0.user' }, users.map((user) => [{ user }] as const)],
    ['field, a number', { field: 'instances.0.user' }, users.map((_, user) => [{ user }] as const)],
  ])('by a %s gives a user the same arm each time, and each arm its share', async (_, sticky, requests) => {
    const options = { weights: { a: 7, b: 2, c: 1 }, sticky };
    const [one, again] = await Promise.all([counts(options, requests), counts(options, requests)]);
    expect(one.arms).toEqual(again.arms);
    expect(chiSquare(one.found, { a: 0.7, b: 0.2, c: 0.1 })).toBeLessThan(13.8);
  });

  it('moves no more users than the weights do', async () => {
    const sticky = { header: 'x-user' };
    const before = await counts({ weights: { a: 90, b: 10, c: 0 }, sticky }, byUser('x-user'));
    const after = await counts({ weights: { a: 90, b: 30, c: 0 }, sticky }, byUser('x-user'));
    const moved = before.arms.flatMap((arm, index) =>
      arm === after.arms[index] ? [] : [`${arm}→${after.arms[index]}`],
    );
    expect(new Set(moved)).toEqual(new Set(['a→b']));
    expect(moved.length).toBe((after.found['b'] ?? 0) - (before.found['b'] ?? 0));
  });

  it('is another arm for another router', async () => {
    const sticky = { header: 'x-user' };
    const one = await counts({ name: 'one', sticky }, byUser('x-user'));
    const other = await counts({ name: 'other', sticky }, byUser('x-user'));
    const same = one.arms.filter((arm, index) => arm === other.arms[index]).length;
    expect(chiSquare({ same, differ: users.length - same }, { same: 1 / 3, differ: 2 / 3 })).toBeLessThan(10.8);
  });

  it.each([{ header: 'x-user' }, { cookie: 'session' }, { field: 'instances.0.user' }])(
    'is drawn for who is not named by %o',
    async (sticky) => {
      const { found } = await counts({ sticky, seed: 1 }, some(1500));
      expect(chiSquare(found, { a: 1 / 3, b: 1 / 3, c: 1 / 3 })).toBeLessThan(13.8);
    },
  );
});

describe('its readiness', () => {
  const problemOf = async (options: object, missing: readonly string[]) => {
    const describeNode = (model: string) => (missing.includes(model) ? { problem: 'no such model' } : {});
    return (await openGraph({ router: ARMS, policy: 'weighted', ...options }, NODES, describeNode)).problem();
  };
  it('is that of any of its arms, or of the only one that is asked', async () => {
    expect(await problemOf({}, ['a', 'b'])).toBeUndefined();
    expect(await problemOf({}, ['a', 'b', 'c'])).toBe('node "a": no such model');
    expect(await problemOf({ weights: { a: 0, b: 1, c: 0 } }, ['a', 'c'])).toBeUndefined();
    expect(await problemOf({ weights: { a: 0, b: 1, c: 0 } }, ['b'])).toBe('node "b": no such model');
  });
});

describe('a router that is none', () => {
  it.each([
    ['no policy', { policy: undefined }, /graph\.policy must be one of weighted/],
    ['an unknown policy', { policy: 'best' }, /graph\.policy must be one of weighted.*got "best"/],
    ['an unknown option', { share: 1 }, /unknown key graph\.share; known are router, policy, weights/],
    ['no sum', { weights: { a: 0, b: 0, c: 0 } }, /graph\.weights must be a number of at least 0 for each of a, b, c/],
    ['a negative weight', { weights: { a: -1, b: 1, c: 1 } }, /graph\.weights/],
    ['a missing weight', { weights: { a: 1, b: 1 } }, /graph\.weights/],
    ['a weight of no arm', { weights: { a: 1, b: 1, c: 1, d: 1 } }, /has "d", which is no arm; arms are a, b, c/],
    ['two keys of users', { sticky: { header: 'a', cookie: 'b' } }, /graph\.sticky must be an object/],
    ['an unknown key of users', { sticky: { ip: 'a' } }, /graph\.sticky must be one of header, cookie, field/],
    ['a name that no header can have', { name: 'a, b' }, /graph\.name must be a name of visible characters/],
  ])('is refused with the place: %s', async (_, options, message) => {
    await expect(open(options)).rejects.toThrow(message);
  });

  it('has arms with names that a header can have, and a name of its own', async () => {
    await expect(open({}, { 'a=b': 'a' })).rejects.toThrow('graph.router must be arms');
    const twice = { router: ['a'], policy: 'weighted' };
    await expect(openGraph({ sequence: [twice, twice] }, NODES)).rejects.toThrow('several routers "router"');
  });
});
