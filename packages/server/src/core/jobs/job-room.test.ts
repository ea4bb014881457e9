import { expect, it } from 'vitest';
import { ServeError } from '../errors.ts';
import { Job, STEADY_CALLER, type Operation } from './job.ts';
import { JobRoom } from './job-room.ts';

const REQUEST = { operation: 'predict', requestId: 'r', codec: 'c', headers: [], inputs: [] } as const;
const createRoom = (maxInflight: number, queue = { capacity: 9, isFull: () => false }) =>
  new JobRoom({ key: { name: 'm', version: '1' }, settings: { maxInflight }, queue, hasIdle: () => false });
const enter = (room: JobRoom, operation: Operation = 'predict') => {
  const job = new Job({ ...REQUEST, operation }, STEADY_CALLER);
  job.answer.catch(() => {});
  room.count(job);
  return job;
};

it('is there for so many jobs as may be in flight, until they are settled, however they end', () => {
  const room = createRoom(2);
  const jobs = [enter(room), enter(room, 'explain')];
  expect(room.refusal({ operation: 'predict' })).toMatchObject({
    code: 'queue_full',
    message: 'Model "m" Version "1" is busy: 2 requests are in flight already (max_inflight). Try again later.',
  });
  expect(room.refusal({ operation: 'describe' })).toBeUndefined();
  jobs[0]?.fail(new ServeError('cancelled', 'gone'));
  jobs[0]?.fail(new ServeError('cancelled', 'again'));
  expect(room.refusal({ operation: 'predict' })).toBeUndefined();
  enter(room);
  expect(room.refusal({ operation: 'predict' })).toBeDefined();
  jobs[1]?.succeed({ meta: null, body: new Uint8Array() });
  enter(room, 'describe');
  expect(room.refusal({ operation: 'predict' })).toBeUndefined();
});

it('ends with the last part of an answer in parts', () => {
  const room = createRoom(1);
  const job = enter(room);
  job.addPart({ meta: null, body: new Uint8Array() });
  expect(room.refusal({ operation: 'predict' })).toBeDefined();
  job.endParts();
  expect(room.refusal({ operation: 'predict' })).toBeUndefined();
});

it('is bounded by the queue alone where nothing else is said', () => {
  const room = createRoom(0);
  for (let count = 0; count < 1000; count += 1) enter(room);
  expect(room.refusal({ operation: 'predict' })).toBeUndefined();
  expect(createRoom(0, { capacity: 9, isFull: () => true }).refusal({ operation: 'predict' })?.message).toMatch(
    'job_queue_size',
  );
  expect(createRoom(0, { capacity: 0, isFull: () => true }).refusal({ operation: 'predict' })?.message).toMatch(
    '0 requests are waiting',
  );
});

it('is not taken from clients by jobs in the background', () => {
  const room = createRoom(1);
  room.count(new Job({ ...REQUEST, isBackground: true }, STEADY_CALLER));
  expect(room.refusal({ operation: 'predict' })).toBeUndefined();
  enter(room);
  expect(room.refusal({ operation: 'predict', isBackground: true })).toMatchObject({ code: 'queue_full' });
});
