import { describe, expect, it } from 'vitest';
import { PredictionError } from '../../prediction-error.ts';
import { openGraph, type TestGraph, type TestNode } from '../../test-support/run-graph.ts';

const ROUTER = { router: { main: 'main', shadow: 'shadow' }, policy: 'shadow' };

const open = (nodes: Readonly<Record<string, TestNode>>, options: object = {}) =>
  openGraph({ ...ROUTER, ...options }, { main: (body) => body, ...nodes });

/** How often shadows came to what, when as many have. */
async function outcomes({ metrics }: TestGraph, count: number): Promise<Record<string, number>> {
  const told = () => metrics.filter(({ name }) => name === 'graph_shadow_total');
  await expect.poll(() => told().length, { timeout: 30_000 }).toBe(count);
  const found: Record<string, number> = {};
  for (const { dimensions } of told()) {
    const outcome = dimensions['outcome'] ?? '';
    found[outcome] = (found[outcome] ?? 0) + 1;
  }
  return found;
}

/** A node that answers when it is told to. */
function held() {
  const waiting: (() => void)[] = [];
  const node: TestNode = (body) => new Promise((done) => waiting.push(() => done(body)));
  return { node, waiting };
}

describe('shadow', () => {
  it('answers what the main arm does, and counts what the other does otherwise', async () => {
    const graph = await open({ shadow: (body) => (body === 'x' ? 'y' : body) });
    for (const body of ['x', 'a', 'x', 'b', 'c']) {
      expect(await graph.ask(body)).toEqual({ result: body, route: 'router=main' });
    }
    expect(await outcomes(graph, 5)).toEqual({ same: 3, different: 2 });
  });

  it.each([
    [1, 1 + 1e-9, {}, 'same'],
    [1000, 1000.0001, {}, 'same'],
    [1, 1.001, {}, 'different'],
    [1, 1.001, { tolerance: 0.01 }, 'same'],
    [1, 1 + 1e-9, { tolerance: 0 }, 'different'],
    [{ a: [1, 2], b: 'x' }, { b: 'x', a: [1, 2.001] }, { tolerance: 0.01 }, 'same'],
    [{ a: [1, 2] }, { a: [1, 2, 3] }, {}, 'different'],
    [{ a: 1 }, { a: 1, b: 2 }, {}, 'different'],
    [null, 0, {}, 'different'],
    ['1', 1, {}, 'different'],
  ])('holds %j against %j with %j: %s', async (main, other, options, outcome) => {
    const graph = await open({ main: () => main, shadow: () => other }, options);
    await graph.ask('x');
    expect(await outcomes(graph, 1)).toEqual({ [outcome]: 1 });
  });

  it('asks in the background, and counts what was dropped there', async () => {
    const asked: unknown[] = [];
    const graph = await open({
      main: (body, { isBackground }) => (asked.push(['main', isBackground]), body),
      shadow: (_, { isBackground }) => {
        asked.push(['shadow', isBackground]);
        throw new PredictionError('too many wait', 429);
      },
    });
    expect(await graph.ask('x')).toMatchObject({ result: 'x' });
    expect(await outcomes(graph, 1)).toEqual({ dropped: 1 });
    expect(asked).toEqual([
      ['main', undefined],
      ['shadow', true],
    ]);
  });

  it('asks for its share', async () => {
    const graph = await open({ shadow: (body) => body }, { share: 0.1, seed: 3, max_in_flight: 1000 });
    for (let request = 0; request < 500; request += 1) await graph.ask(request);
    expect(await outcomes(graph, 52)).toEqual({ same: 52 });
    const none = await open({ shadow: () => expect.fail('asked') }, { share: 0 });
    for (let request = 0; request < 50; request += 1) await none.ask(request);
  });

  it('asks for no row of the batch, which may be over', async () => {
    const rows: (number | undefined)[] = [];
    const node: TestNode = (body, _, row) => (rows.push(row), body);
    const graph = await open({ main: node, shadow: node });
    await graph.ask('x');
    await outcomes(graph, 1);
    expect(rows).toEqual([expect.anything(), undefined]);
  });
});

describe('a shadow that is slow, or fails', () => {
  it('holds up no answer; beyond its bounds it is not asked, which is counted', async () => {
    const { node, waiting } = held();
    const graph = await open({ shadow: node }, { max_in_flight: 2 });
    for (const body of ['a', 'b', 'c', 'd']) expect((await graph.ask(body)).result).toBe(body);
    expect(await outcomes(graph, 2)).toEqual({ skipped: 2 });
    await expect.poll(() => waiting.length).toBe(2);
    for (const answer of waiting.splice(0)) answer();
    expect(await outcomes(graph, 4)).toEqual({ skipped: 2, same: 2 });
    await graph.ask('e');
    await expect.poll(() => waiting.length).toBe(1);
    waiting[0]?.();
    expect(await outcomes(graph, 5)).toEqual({ skipped: 2, same: 3 });
  });

  it('is not asked with more than there is room for', async () => {
    const graph = await open({ shadow: (body) => body });
    const large = 'x'.repeat(9 * 2 ** 20);
    expect((await graph.ask(large)).result).toBe(large);
    expect(await outcomes(graph, 1)).toEqual({ skipped: 1 });
  });

  it('is failed after its time', async () => {
    const asked: (number | undefined)[] = [];
    const late: TestNode = (_, { timeoutMs }) => {
      asked.push(timeoutMs);
      throw new PredictionError('too late', 504);
    };
    const graph = await open({ shadow: late }, { shadow_timeout_ms: 250 });
    await graph.ask('x');
    expect(await outcomes(graph, 1)).toEqual({ failed: 1 });
    expect(asked[0]).toBeGreaterThan(0);
    expect(asked[0]).toBeLessThanOrEqual(250);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new PredictionError('gone', 503))],
    ['answers nonsense', () => new Map([[1, 2]])],
  ])('changes nothing when it %s', async (_, node: TestNode) => {
    const graph = await open({ shadow: node }, { max_in_flight: 100 });
    for (let request = 0; request < 20; request += 1) expect((await graph.ask(request)).result).toBe(request);
    const found = await outcomes(graph, 20);
    expect((found['failed'] ?? 0) + (found['different'] ?? 0)).toBe(20);
  });

  it('is ready without it, and not without the main arm', async () => {
    const problemOf = async (missing: string) =>
      (await openGraph(ROUTER, {}, (model) => (model === missing ? { problem: 'away' } : {}))).problem();
    expect([await problemOf('shadow'), await problemOf('main')]).toEqual([undefined, 'node "main": away']);
  });
});

describe('what a shadow is asked', () => {
  it('is what the client sent, whatever becomes of the memory that it lay in', async () => {
    const seen: unknown[] = [];
    const shadow: TestNode = (inputs) => (seen.push(inputs), inputs);
    const graph = await open({ shadow });
    const data = Float32Array.of(1, 2, 3);
    await graph.ask({ type: 'float32', shape: [3], data });
    data.fill(0);
    expect(await outcomes(graph, 1)).toEqual({ same: 1 });
    expect(seen).toEqual([{ body: { type: 'float32', shape: [3], data: Float32Array.of(1, 2, 3) } }]);
  });

  it('says that nobody waits, and shadows nothing in turn', async () => {
    const asked: unknown[] = [];
    const shadow: TestNode = (body, { headers }) => (asked.push(headers?.['x-marserve-shadow']), body);
    const graph = await open({ shadow });
    await graph.ask('x');
    await outcomes(graph, 1);
    await graph.ask('x', { 'x-marserve-shadow': '1' });
    expect(asked).toEqual(['1']);
  });

  it('is nothing when the main arm has failed', async () => {
    const graph = await open({
      main: (body) => {
        if (body === 'bad') throw new PredictionError('bad', 400);
        return body;
      },
      shadow: (body) => (expect(body).toBe('good'), body),
    });
    expect((await graph.ask('bad')).result).toBeInstanceOf(Error);
    await graph.ask('good');
    expect(await outcomes(graph, 1)).toEqual({ same: 1 });
  });
});

it.each([
  ['no main arm', { router: { a: 'a', b: 'b' } }, /graph\.router must be main and arms beside it, got "a, b"/],
  ['nothing beside it', { router: { main: 'a' } }, /graph\.router/],
  ['a share above 1', { share: 2 }, /graph\.share must be a number from 0 to 1, got 2/],
  ['a negative tolerance', { tolerance: -1 }, /graph\.tolerance must be a number of at least 0/],
  ['no bound', { max_in_flight: 0 }, /graph\.max_in_flight must be an integer from 1 to 1000/],
])('is refused with the place: %s', async (_, options, message) => {
  await expect(open({}, options)).rejects.toThrow(message);
});
