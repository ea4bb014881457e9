import { describe, expect, it } from 'vitest';
import { ServeError } from './errors.ts';
import { Job, STEADY_CALLER, type JobRequest } from './jobs/job.ts';
import { createModelCalls, type ModelCall } from './model-calls.ts';
import type { ModelKey } from './model-key.ts';
import { queueFull } from './queue-full.ts';

const CALL: ModelCall = {
  name: 'asked',
  version: undefined,
  serial: 0,
  operation: 'predict',
  form: 'values',
  headers: ['x-a', 'b'],
  body: Buffer.from('values'),
  timeoutMs: Infinity,
  isBackground: false,
  asking: { name: 'asker', version: '1' },
  jobs: [],
  requests: 1,
};

/** What the model that is asked gets. */
async function submitted(call: Partial<ModelCall>, key: ModelKey = { name: 'asked', version: '2' }) {
  const requests: JobRequest[] = [];
  const submit = (request: JobRequest) => {
    requests.push(request);
    return Promise.resolve({ meta: null, body: Buffer.from('answer'), queueMs: 0 });
  };
  const none = () => {
    throw new ServeError('model_not_found', 'Model not found');
  };
  const calls = createModelCalls(
    { admit: () => ({ key, serial: 5, submit }), modelReadiness: none, modelMetadata: none },
    { values: 'codec', messages: 'message-codec' },
  );
  await calls.run({ ...CALL, ...call }, STEADY_CALLER);
  return requests[0];
}

const jobOf = (request: Partial<JobRequest>) =>
  new Job({ operation: 'predict', requestId: 'id', codec: 'c', headers: [], inputs: [], ...request }, STEADY_CALLER);

describe('a question of a model to another', () => {
  it('is a job in the name of the request that asks, with what is left of its time', async () => {
    const request = await submitted({ jobs: [jobOf({ timeoutMs: 60_000 })] });
    expect(request).toMatchObject({ requestId: 'id', codec: 'codec', headers: ['x-a', 'b'] });
    expect(request?.timeoutMs).toBeLessThanOrEqual(60_000);
    expect((await submitted({ jobs: [jobOf({ timeoutMs: 60_000 })], timeoutMs: 50 }))?.timeoutMs).toBe(50);
    expect((await submitted({ jobs: [jobOf({})] }))?.timeoutMs).toBeUndefined();
    expect(await submitted({ form: 'messages' })).toMatchObject({ codec: 'message-codec' });
    expect((await submitted({}))?.requestId).toMatch(/^[\da-f-]{36}$/);
  });

  it('is in the background where no client waits, and so is what is asked for it', async () => {
    expect(await submitted({})).not.toHaveProperty('isBackground');
    expect(await submitted({ isBackground: true })).toMatchObject({ isBackground: true });
    expect(await submitted({ jobs: [jobOf({ isBackground: true })] })).toMatchObject({ isBackground: true });
  });

  it('hears that it was in the way of clients, where no client waits for it', async () => {
    const busy = () => {
      throw queueFull({ name: 'asked', version: '2' }, 9);
    };
    const calls = createModelCalls(
      { admit: busy, modelReadiness: busy, modelMetadata: busy },
      { values: '', messages: '' },
    );
    const told = (isBackground: boolean) => calls.run({ ...CALL, isBackground }, STEADY_CALLER);
    await expect(told(true)).rejects.toMatchObject({ details: { status: 429 } });
    await expect(told(false)).rejects.toMatchObject({ code: 'queue_full' });
  });

  it('is for one registration alone, where it says so', async () => {
    expect(await submitted({ serial: 5 })).toMatchObject({ operation: 'predict' });
    await expect(submitted({ serial: 4 })).rejects.toMatchObject({ details: { status: 421 } });
  });

  it('of several requests is one, for as long as one of them waits, and counts as so many', async () => {
    const jobs = [jobOf({ requestId: 'one', timeoutMs: 0 }), jobOf({ requestId: 'two', timeoutMs: 60_000 })];
    const request = await submitted({ jobs, requests: 3 });
    expect(request).toMatchObject({ requestId: 'one', requests: 3 });
    expect(request?.timeoutMs).toBeGreaterThan(0);
    expect(await submitted({ jobs: [...jobs, jobOf({})] })).not.toHaveProperty('timeoutMs');
    expect(await submitted({ jobs: [jobOf({ isBackground: true }), jobOf({})] })).not.toHaveProperty('isBackground');
  });

  it('comes too late when that time is over', async () => {
    await expect(submitted({ jobs: [jobOf({ timeoutMs: 0 })] })).rejects.toMatchObject({ code: 'deadline_exceeded' });
  });

  it('is refused in a circle, and behind too many others', async () => {
    const self = submitted({}, { name: 'asker', version: '1' });
    await expect(self).rejects.toMatchObject({
      details: { status: 508 },
      message: expect.stringContaining('asker/1 → asker/1'),
    });
    expect(await submitted({}, { name: 'asker', version: '2' })).toMatchObject({ askedBy: [CALL.asking] });
    const askedBy = Array.from({ length: 7 }, (_, index) => ({ name: `m${index}`, version: '1' }));
    await expect(submitted({ jobs: [jobOf({ askedBy })] })).rejects.toThrow(
      'More than 8 models ask each other: m0/1 → ',
    );
    await expect(submitted({ jobs: [jobOf({ askedBy: [{ name: 'asked', version: '2' }] })] })).rejects.toThrow(
      'circle',
    );
    const chains = [jobOf({ askedBy: [{ name: 'asked', version: '2' }] }), jobOf({})];
    await expect(submitted({ jobs: chains, requests: 2 })).rejects.toThrow('circle');
  });
});

it('that a model is not there is its problem', () => {
  const none = () => {
    throw new ServeError('model_not_found', 'Model not found: x');
  };
  const calls = createModelCalls(
    { admit: none, modelReadiness: none, modelMetadata: none },
    { values: '', messages: '' },
  );
  expect(calls.describe('x', undefined)).toEqual({ problem: 'Model not found: x' });
});
