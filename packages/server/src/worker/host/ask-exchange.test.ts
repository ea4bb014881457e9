import { expect, it } from 'vitest';
import { ServeError } from '../../core/errors.ts';
import { Job, STEADY_CALLER, type Caller } from '../../core/jobs/job.ts';
import { MOST_AHEAD, PartStream } from '../../core/jobs/part-stream.ts';
import type { ModelCall } from '../../core/model-calls.ts';
import type { AskMessage } from '../../wire/ask-message.ts';
import { AskExchange } from './ask-exchange.ts';

const REQUEST = { operation: 'predict', requestId: 'r', codec: 'c', headers: [], inputs: [] } as const;

function setUp() {
  const [job, second] = [new Job(REQUEST, STEADY_CALLER), new Job(REQUEST, STEADY_CALLER)];
  const runs: {
    call: ModelCall;
    caller: Caller;
    resolve: (body: string, rest?: PartStream) => void;
    reject: (error: Error) => void;
  }[] = [];
  const said: string[] = [];
  const reading: { now?: Promise<void> } = {};
  const exchange = new AskExchange({
    key: { name: 'asker', version: '1' },
    calls: {
      run: (call, caller) =>
        new Promise((resolve, reject) => {
          const answer = (body: string, rest?: PartStream) =>
            resolve({ meta: null, body: Buffer.from(body), queueMs: 0, ...(rest && { rest }) });
          runs.push({ call, caller, resolve: answer, reject });
        }),
      describe: (name) => ({ problem: `no ${name}` }),
    },
    statusOf: () => 418,
    limit: { asks: 2, bytes: 10, askBytes: 8 },
    jobAt: ({ batch, request }) => (batch === 7 ? [job, second][request] : undefined),
    say: (message, payload = []) =>
      said.push(`${message.kind} ${JSON.stringify(message)} ${Buffer.concat(payload).toString()}`),
    untilRead: () => reading.now,
    logger: { error() {} } as never,
  });
  const ask = (id: number, body = '', fields: Partial<AskMessage> = {}) =>
    exchange.receive(
      {
        kind: 'ask',
        id,
        operation: 'predict',
        form: 'values',
        model: 'm',
        version: '',
        serial: 0,
        by: { batch: 7, requests: [0] },
        headers: [],
        timeoutMs: 5,
        isBackground: false,
        ...fields,
      },
      Buffer.from(body),
    );
  return { exchange, ask, job, second, reading, runs, said };
}

it('passes questions on for the job that asks, and answers and errors back', async () => {
  const { ask, job, runs, said } = setUp();
  ask(1, 'one');
  ask(2, 'two', { version: '3', by: undefined });
  expect(runs.map(({ call }) => [call.name, call.version, call.body.toString(), call.jobs])).toEqual([
    ['m', undefined, 'one', [job]],
    ['m', '3', 'two', []],
  ]);
  runs[1]?.resolve('second');
  await expect.poll(() => said.length).toBe(1);
  runs[0]?.reject(new ServeError('queue_full', 'full'));
  await expect.poll(() => said.length).toBe(2);
  expect(said[0]).toMatch(/^answered .*"id":2.* second$/);
  expect(said[1]).toMatch(/^askFailed .*"id":1.*"full","status":418/);
});

it('tells what the server knows of a model', async () => {
  const { ask, said } = setUp();
  ask(1, '', { operation: 'describe' });
  await expect.poll(() => said).toEqual([expect.stringContaining('{"problem":"no m"}')]);
});

it('refuses questions for a job that the worker does not compute, or has answered', () => {
  const { ask, job, runs, said } = setUp();
  ask(1, '', { by: { batch: 8, requests: [0] } });
  job.fail(new ServeError('deadline_exceeded', 'late'));
  job.answer.catch(() => {});
  ask(2);
  expect(runs).toEqual([]);
  expect(said).toEqual([expect.stringContaining('askFailed'), expect.stringContaining('askFailed')]);
});

it('asks nobody while the worker reads no answers', async () => {
  const { ask, reading, runs } = setUp();
  let read = () => {};
  reading.now = new Promise((resolve) => (read = resolve));
  ask(1);
  await Promise.resolve();
  expect(runs).toEqual([]);
  read();
  await expect.poll(() => runs.length).toBe(1);
});

it('leaves what nobody waits for any more', () => {
  const { ask, exchange, job, runs } = setUp();
  ask(1);
  ask(2, '', { by: undefined });
  const left: string[] = [];
  runs.forEach(({ caller }, index) => caller.onGone(() => left.push(`question ${index + 1}`)));
  exchange.cancel(job);
  expect([left, runs[0]?.caller.isGone, runs[1]?.caller.isGone]).toEqual([['question 1'], true, false]);
  exchange.end();
  expect(left).toEqual(['question 1', 'question 2']);
});

it('leaves one of several requests when the last of them is over', () => {
  const { ask, exchange, job, second, runs } = setUp();
  ask(1, '', { by: { batch: 7, requests: [0, 1] } });
  expect(runs[0]?.call).toMatchObject({ jobs: [job, second], requests: 2 });
  exchange.cancel(job);
  expect(runs[0]?.caller.isGone).toBe(false);
  exchange.cancel(second);
  expect(runs[0]?.caller.isGone).toBe(true);
});

it('holds the worker to its bounds', async () => {
  const { ask, runs, said } = setUp();
  expect(() => ask(0)).toThrow('a question 0 behind the question 0');
  expect(() => ask(1, '', { by: { batch: 7, requests: [0, 0, 0] } })).toThrow('for 3 requests, 2 at most');
  expect(() => ask(2, '123456789')).toThrow('a question of 9 bytes, 8 at most');
  ask(3, '12345678');
  expect(() => ask(2)).toThrow('behind');
  expect(() => ask(4, '123')).toThrow('questions of more than 10 bytes');
  ask(5, '12');
  expect(() => ask(6)).toThrow('more than 2 questions at a time');
  runs[0]?.resolve('');
  await expect.poll(() => said.length).toBe(1);
  expect(() => ask(7, '12345678')).not.toThrow();
});

it('ends the one that the worker withdraws, and says so', async () => {
  const { exchange, ask, runs, said } = setUp();
  ask(1, 'one');
  ask(2, 'two');
  exchange.withdraw(1);
  exchange.withdraw(9);
  expect(runs.map(({ caller }) => caller.isGone)).toEqual([true, false]);
  runs[0]?.reject(new ServeError('cancelled', 'The client went away'));
  await expect.poll(() => said.length).toBe(1);
  expect(said[0]).toMatch(/^askFailed .*"id":1/);
});

/** The parts of an answer, made as fast as they are taken. */
function partsOf(): { rest: PartStream; add: (body: string) => void } {
  const rest = new PartStream({ onTaken() {}, onClosed() {} });
  return { rest, add: (body) => rest.add({ meta: null, body: Buffer.from(body) }) };
}

it('passes the parts of an answer on, and what ends them early', async () => {
  const { ask, runs, said } = setUp();
  ask(1);
  ask(2);
  const [good, bad] = [partsOf(), partsOf()];
  runs[0]?.resolve('first', good.rest);
  runs[1]?.resolve('one', bad.rest);
  await expect.poll(() => said.map((line) => line.split(' ')[0])).toEqual(['answerPart', 'answerPart']);
  good.add('second');
  await expect.poll(() => said.at(-1)).toMatch(/^answerPart .*"id":1.* second$/);
  good.rest.end();
  await expect.poll(() => said.at(-1)).toMatch(/^answered .*"id":1.* $/);
  bad.rest.end(new ServeError('worker_died', 'dead'));
  await expect.poll(() => said.at(-1)).toMatch(/^askFailed .*"id":2.*"dead","status":418/);
});

it('sends no more parts than the worker takes', async () => {
  const { ask, exchange, runs, said } = setUp();
  ask(1);
  const { rest, add } = partsOf();
  runs[0]?.resolve('x'.repeat(MOST_AHEAD.bytes), rest);
  add('second');
  await expect.poll(() => said.length).toBe(1);
  await new Promise((resolve) => setImmediate(resolve));
  expect(said).toHaveLength(1);
  exchange.taken({ kind: 'partsTaken', id: 1, parts: 1, bytes: MOST_AHEAD.bytes });
  await expect.poll(() => said.at(-1)).toMatch(/second$/);
  expect(() => exchange.taken({ kind: 'partsTaken', id: 1, parts: 2, bytes: 0 })).toThrow('more parts');
  // One of a question that is over is late, and no lie.
  exchange.taken({ kind: 'partsTaken', id: 9, parts: 1, bytes: 1 });
});

it('sends no parts that nobody wants any more', async () => {
  const { ask, exchange, runs, said } = setUp();
  ask(1);
  const { rest, add } = partsOf();
  runs[0]?.resolve('x'.repeat(MOST_AHEAD.bytes), rest);
  await expect.poll(() => said.length).toBe(1);
  exchange.withdraw(1);
  add('second');
  // The job that makes them has been told.
  rest.end();
  await expect.poll(() => said.at(-1)).toMatch(/^askFailed .*Nobody waits/);
  expect(said).toHaveLength(2);
});
