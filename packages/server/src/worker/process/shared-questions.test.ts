import { createTensor, type NamedTensors } from '@marserve/handlers';
import type { LocalModelFacts, ModelQuestion } from '@marserve/handlers/context';
import { PredictionError } from '@marserve/handlers/prediction-error';
import { describe, expect, it } from 'vitest';
import type { AskedFor } from './model-asks.ts';
import type { Peer } from './peer.ts';
import { SharedQuestions } from './shared-questions.ts';

const FACTS: LocalModelFacts = {
  serial: 4,
  sharedBy: 8,
  inputs: [{ name: 'x', type: 'float32', shape: ['batch', 1] }],
  outputs: [{ name: 'y', type: 'float32', shape: ['batch', 1] }],
};

interface Asked {
  readonly question: ModelQuestion;
  readonly by: AskedFor;
}

type Answer = (asked: Asked) => unknown;

/** A model that doubles, in whatever company. */
const doubled: Answer = ({ question }) => {
  const { x } = (question.payload as { inputs: NamedTensors }).inputs;
  const data = Float32Array.from(x?.data as Float32Array, (each) => 2 * each);
  return { outputs: { y: { type: 'float32', shape: [data.length, 1], data } } };
};

async function setUp({ facts = FACTS, answer = doubled }: { facts?: LocalModelFacts; answer?: Answer } = {}) {
  const asked: Asked[] = [];
  const released: Peer[] = [];
  const shared = new SharedQuestions({
    ask: async (question, by) => {
      asked.push({ question, by: by as AskedFor });
      return answer({ question, by: by as AskedFor });
    },
    describe: () => Promise.resolve(facts),
  });
  const peer = { release: () => released.push(peer) } as unknown as Peer;
  const ask = (value: number, request: number, more: Partial<ModelQuestion> = {}) =>
    shared.ask({ ...questionOf(value), ...more }, { peer, batch: 1, request });
  // Nothing is known of the model before the first question.
  await ask(0, 0);
  await Promise.resolve();
  asked.length = 0;
  /** Of each question: for which requests. */
  const requests = () => asked.map(({ by }) => by.requests);
  return { shared, ask, asked, requests, peer, released };
}

function questionOf(...values: number[]): ModelQuestion {
  const x = createTensor('float32', [values.length, 1], values);
  return { model: { name: 'm' }, operation: 'predict', payload: { inputs: { x } } };
}

const answerOf = (...values: number[]) => ({
  outputs: { y: { type: 'float32', shape: [values.length, 1], data: Float32Array.from(values) } },
});

describe('questions of one turn to the same model', () => {
  it('are one, of that registration, and each gets its own rows', async () => {
    const { ask, asked, requests, released, peer } = await setUp();
    const answers = [ask(1, 3), ask(0, 0, questionOf(5, 6)), ask(7, 2)];
    expect(await Promise.all(answers)).toEqual([answerOf(2), answerOf(10, 12), answerOf(14)]);
    expect(requests()).toEqual([[3, 0, 2]]);
    expect(asked[0]?.question).toMatchObject({ serial: 4, payload: { inputs: { x: { shape: [4, 1] } } } });
    expect(released).toEqual([peer]);
  });

  it('are several where they are more than the model takes in one', async () => {
    const { ask, requests } = await setUp({ facts: { ...FACTS, sharedBy: 2 } });
    await Promise.all([0, 1, 2, 3, 4].map((request) => ask(request, request)));
    expect(requests()).toEqual([[0, 1], [2, 3], [4]]);
  });

  it('are asked one by one when they fail together, with what is left of their time', async () => {
    const answer: Answer = (asked) => {
      if (asked.by.requests.length > 1) throw new PredictionError('one of them is bad', 400);
      if (asked.by.requests[0] === 1) throw new PredictionError('bad', 400);
      return doubled(asked);
    };
    const { ask, asked, requests } = await setUp({ answer });
    const told = await Promise.allSettled([0, 1, 2].map((request) => ask(request, request, { timeoutMs: 60_000 })));
    expect(told.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(requests()).toEqual([[0, 1, 2], [0], [1], [2]]);
    expect(asked[1]?.question.timeoutMs).toBeLessThanOrEqual(60_000);
    asked.length = 0;
    await Promise.allSettled([0, 2].map((request) => ask(request, request)));
    expect(requests()).toEqual([[0], [2]]);
  });

  it.each([499, 504])('fail together where it would be no different for each of them: %i', async (status) => {
    const answer: Answer = (asked) => {
      if (asked.by.requests.length > 1) throw new PredictionError('over', status);
      return doubled(asked);
    };
    const { ask, requests } = await setUp({ answer });
    const told = await Promise.allSettled([ask(1, 0), ask(2, 1)]);
    expect(told).toMatchObject([{ reason: { status } }, { reason: { status } }]);
    expect(requests()).toEqual([[0, 1]]);
  });

  it('are asked one by one when the answer has no row for each', async () => {
    const answer: Answer = (asked) => (asked.by.requests.length > 1 ? answerOf(1) : doubled(asked));
    const { ask } = await setUp({ answer });
    expect(await Promise.all([ask(1, 0), ask(2, 1)])).toEqual([answerOf(2), answerOf(4)]);
  });

  const { x } = (questionOf(1).payload as { inputs: NamedTensors }).inputs;
  it('may have headers and parameters, at which such models do not look', async () => {
    const { ask, requests } = await setUp();
    const odd = { headers: { 'x-request-id': '1' }, payload: { inputs: { x }, parameters: { id: 'a' } } };
    expect(await Promise.all([ask(0, 0, odd), ask(2, 1)])).toEqual([answerOf(2), answerOf(4)]);
    expect(requests()).toEqual([[0, 1]]);
  });

  it.each<[string, Partial<ModelQuestion>]>([
    ['explains', { operation: 'explain' }],
    ['is made of instances', { payload: { instances: [1] } }],
    ['is a message', { form: 'messages' }],
    ['is for another registration', { serial: 3 }],
    ['has less time', { timeoutMs: 50 }],
    ['has other tensors', { payload: { inputs: { z: x } } }],
    ['is for nobody', { isBackground: true }],
    ['is large', { payload: { inputs: { x: createTensor('float32', [9000, 1], new Float32Array(9000)) } } }],
    ['is for another version', { model: { name: 'm', version: '2' } }],
  ])('do not share it with one that %s', async (_, odd) => {
    const { ask, requests } = await setUp({ answer: () => answerOf(1) });
    await Promise.allSettled([ask(1, 0, odd), ask(2, 1)]);
    expect(new Set(requests().flat())).toEqual(new Set([0, 1]));
    expect(requests()).toHaveLength(2);
  });

  it('of different batches are different questions', async () => {
    const { ask, shared, peer, requests } = await setUp();
    await Promise.all([ask(1, 0), shared.ask(questionOf(1), { peer, batch: 2, request: 0 })]);
    expect(requests()).toEqual([[0], [0]]);
  });

  it.each<[string, LocalModelFacts]>([
    ['takes each request by itself', { ...FACTS, sharedBy: 1 }],
    ['is not there', { problem: 'no such model' }],
    ['was not loaded yet', { serial: 4 }],
  ])('to one that %s go by themselves', async (_, facts) => {
    const { ask, requests } = await setUp({ facts });
    await Promise.all([ask(1, 0), ask(2, 1)]);
    expect(requests()).toEqual([[0], [1]]);
  });
});

describe('whoever does not wait any more', () => {
  it('hears so, and the others get their answers', async () => {
    let answer = (): void => {};
    const until = new Promise<void>((resolve) => (answer = resolve));
    const { ask, asked } = await setUp({
      answer: async (each) => {
        if (each.by.requests.length > 1) await until;
        return doubled(each);
      },
    });
    const leaving = new AbortController();
    const [left, stays] = [ask(1, 0, { signal: leaving.signal }), ask(2, 1)];
    await expect.poll(() => asked.length).toBe(1);
    leaving.abort();
    await expect(left).rejects.toMatchObject({ status: 499 });
    answer();
    expect(await stays).toEqual(answerOf(4));
  });

  it('ends the question when it was the last', async () => {
    const { ask, asked } = await setUp({ answer: ({ by }) => (by.requests.length > 1 ? new Promise(() => {}) : null) });
    const leaving = [new AbortController(), new AbortController()];
    const left = leaving.map(({ signal }, request) => ask(1, request, { signal }));
    await expect.poll(() => asked.length).toBe(1);
    leaving[0]?.abort();
    expect(asked[0]?.question.signal?.aborted).toBe(false);
    leaving[1]?.abort();
    expect(asked[0]?.question.signal?.aborted).toBe(true);
    expect((await Promise.allSettled(left)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  it('asks nothing when it leaves in the same turn', async () => {
    const { ask, requests } = await setUp();
    const leaving = new AbortController();
    const [left, stays] = [ask(1, 0, { signal: leaving.signal }), ask(2, 1)];
    leaving.abort();
    await expect(left).rejects.toMatchObject({ status: 499 });
    await stays;
    expect(requests()).toEqual([[1]]);
  });
});
