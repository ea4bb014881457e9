import { describe, expect, it } from 'vitest';
import { mergeAnswers } from './merge-answers.ts';

const NEVER = new Promise<never>(() => {});

/** Promises that are settled by hand, by name. */
class Gates {
  readonly #gates = new Map<string, PromiseWithResolvers>();

  of(name: string): PromiseWithResolvers {
    const known = this.#gates.get(name);
    if (known !== undefined) return known;
    let open = () => {};
    const promise = new Promise<void>((resolve) => (open = resolve));
    const gate = { promise, open };
    this.#gates.set(name, gate);
    return gate;
  }
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly open: () => void;
}

async function* list(...names: string[]): AsyncGenerator<string> {
  for (const name of names) {
    await Promise.resolve();
    yield name;
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

const left = NEVER as Promise<void>;

describe('answers', () => {
  it('leave as they come, all parts of one in their order', async () => {
    const gates = new Gates();
    const answer = async function* (name: string) {
      await gates.of(name).promise;
      yield `${name}1`;
      yield `${name}2`;
      if (name === 'b') gates.of('a').open();
    };
    gates.of('b').open();
    const merged = mergeAnswers(list('a', 'b'), { answer, most: 2, left });
    expect(await collect(merged)).toEqual(['b1', 'b2', 'a1', 'a2']);
  });

  it('are made for so many requests at a time, and for all of them', async () => {
    let open = 0;
    let most = 0;
    const answer = async function* (name: string) {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setImmediate(resolve));
      yield name;
      open -= 1;
    };
    const names = Array.from({ length: 50 }, (_, index) => String(index));
    const merged = await collect(mergeAnswers(list(...names), { answer, most: 3, left }));
    expect(merged.toSorted()).toEqual(names.toSorted());
    expect(most).toBe(3);
  });

  it('of which nobody takes the last ones are asked for no more parts', async () => {
    let made = 0;
    const answer = async function* () {
      for (;;) {
        made += 1;
        yield made;
        await Promise.resolve();
      }
    };
    const merged = mergeAnswers(list('a'), { answer, most: 2, left });
    expect(await merged.next()).toEqual({ done: false, value: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(made).toBe(1);
    await merged.return(undefined);
  });

  it('end when there are none to come', async () => {
    expect(await collect(mergeAnswers(list(), { answer: () => list('a'), most: 2, left }))).toEqual([]);
  });
});

const failing = async function* (): AsyncGenerator<string> {
  yield* list();
  throw new Error('broken');
};

describe('a failure', () => {
  it('of an answer ends all of them, and those under way', async () => {
    let isReturned = false;
    const waiting = async function* () {
      try {
        yield 'first';
        yield 'second';
      } finally {
        isReturned = true;
      }
    };
    const answer = (name: string) => (name === 'waiting' ? waiting() : failing());
    await expect(collect(mergeAnswers(list('waiting', 'failing'), { answer, most: 5, left }))).rejects.toThrow(
      'broken',
    );
    await expect.poll(() => isReturned).toBe(true);
  });

  it('of the requests comes behind the answers to those before', async () => {
    const answers: string[] = [];
    const merged = mergeAnswers(andThen(list('a', 'b'), failing()), {
      answer: (name) => list(name, name),
      most: 5,
      left,
    });
    const all = (async () => {
      for await (const part of merged) answers.push(part);
    })();
    await expect(all).rejects.toThrow('broken');
    expect(answers.toSorted()).toEqual(['a', 'a', 'b', 'b']);
  });
});

async function* andThen(...all: AsyncIterable<string>[]): AsyncGenerator<string> {
  for (const each of all) yield* each;
}

it('a reader that leaves is not waited for', async () => {
  const gate = new Gates().of('left');
  const answer = async function* (): AsyncGenerator<string> {
    yield await NEVER;
  };
  const merged = collect(mergeAnswers(list('a'), { answer, most: 2, left: gate.promise }));
  gate.open();
  expect(await merged).toEqual([]);
});
