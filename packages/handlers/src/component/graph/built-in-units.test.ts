/** Units that come with the server: what they answer. */
import { describe, expect, it } from 'vitest';
import { graph, graphOf, unit } from '../../test-support/seldon-graphs.ts';

const MODEL = { type: 'MODEL' };

describe('a unit that comes with the server', () => {
  it('SIMPLE_MODEL answers the same to all data, and texts and bytes with themselves', async () => {
    const { call, metrics } = await graphOf(unit('m', { implementation: 'SIMPLE_MODEL' }));
    const { answer } = await call({ data: { ndarray: [[1]] }, meta: { tags: { a: 1 } } });
    expect(answer).toEqual({
      status: { status: 'SUCCESS' },
      data: { names: ['class0', 'class1', 'class2'], tensor: { shape: [1, 3], values: [0.1, 0.9, 0.5] } },
      meta: {
        tags: { a: 1 },
        metrics: [
          { key: 'mymetric_counter', type: 'COUNTER', value: 1 },
          { key: 'mymetric_gauge', type: 'GAUGE', value: 100 },
          { key: 'mymetric_timer', type: 'TIMER', value: 22.1 },
        ],
      },
    });
    expect(metrics.map(({ name }) => name)).toContain('mymetric_gauge');
    expect((await call({ strData: 'x' })).answer).toMatchObject({ strData: 'x' });
    expect((await call({ binData: 'eA==' })).answer).toMatchObject({ binData: 'eA==' });
  });

  it('SIMPLE_ROUTER takes the first child', async () => {
    const { call } = await graphOf(
      graph(unit('r', { implementation: 'SIMPLE_ROUTER' }, unit('a', MODEL), unit('b', MODEL))),
    );
    expect(await call({ strData: 'x' })).toMatchObject({ asked: 'a predict', answer: { meta: { routing: { r: 0 } } } });
  });

  it('RANDOM_ABTEST takes the first child as often as ratioA says', async () => {
    const abTest = (value: string) => ({
      implementation: 'RANDOM_ABTEST',
      parameters: [{ name: 'ratioA', value, type: 'FLOAT' }],
    });
    const routes = async (ratioA: string, count: number) => {
      const { call } = await graphOf(graph(unit('r', abTest(ratioA), unit('a', MODEL), unit('b', MODEL))));
      const taken: string[] = [];
      for (let request = 0; request < count; request += 1) taken.push((await call({ strData: 'x' })).asked.slice(0, 1));
      return taken;
    };
    // Of java.util.Random with the seed 1337, as in the engine's tests.
    expect(await routes('0.5', 3)).toEqual(['b', 'a', 'b']);
    expect(new Set(await routes('0', 20))).toEqual(new Set(['b']));
    expect(new Set(await routes('1', 20))).toEqual(new Set(['a']));
    const many = await routes('0.2', 500);
    expect(many.filter((each) => each === 'a').length / many.length).toBeCloseTo(0.2, 1);
  });

  it('AVERAGE_COMBINER gives the mean in the form of its first child', async () => {
    const { AverageCombiner } = await import('./average-combiner.ts');
    const combiner = new AverageCombiner();
    const tensor = (...values: number[]) => ({ data: { names: ['c', 'd'], tensor: { shape: [1, 2], values } } });
    const answer = combiner.aggregateRaw([tensor(1, 1), { data: { ndarray: [[1, 0.5]] } }, tensor(2.2, 0.9)]);
    expect(answer.data).toEqual({
      names: ['c', 'd'],
      tensor: { shape: [1, 2], values: [(1 + 1 + 2.2) / 3, (1 + 0.5 + 0.9) / 3] },
    });
    const refused =
      (...messages: readonly object[]) =>
      () =>
        combiner.aggregateRaw(messages);
    expect(refused({ strData: 'x' })).toThrow('Combiner cannot extract data shape');
    expect(refused({ data: { ndarray: [1, 2] } })).toThrow('not 2 dimensional');
    expect(
      refused(tensor(1, 2), {
        data: {
          ndarray: [
            [1, 2],
            [3, 4],
          ],
        },
      }),
    ).toThrow('Expected batch length 1 but found 2');
    expect(refused(tensor(1, 2), { data: { ndarray: [[1]] } })).toThrow('Expected 2 columns but found 1');
  });
});
