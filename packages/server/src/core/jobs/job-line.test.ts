import { describe, expect, it } from 'vitest';
import { Job, STEADY_CALLER } from './job.ts';
import { JobLine } from './job-line.ts';

const REQUEST = { operation: 'predict', requestId: 'r', codec: 'c', headers: [], inputs: [] } as const;
const createJob = () => new Job(REQUEST, STEADY_CALLER);

describe('a line of jobs', () => {
  it('has nobody at first', () => {
    const line = new JobLine();
    expect([line.length, line.first, [...line]]).toEqual([0, undefined, []]);
    expect(line.delete(createJob())).toBe(false);
  });

  it('knows its own from those of other lines at the same place', () => {
    const [one, other] = [new JobLine(), new JobLine()];
    const [job, stranger] = [createJob(), createJob()];
    one.add(job);
    other.add(stranger);
    expect([one.has(job), one.has(stranger), one.delete(stranger)]).toEqual([true, false, false]);
    expect([one.delete(job), one.delete(job)]).toEqual([true, false]);
  });

  it('keeps the order however many come and leave, anywhere', () => {
    const line = new JobLine();
    let expected: Job[] = [];
    let state = 1;
    const random = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below;
    for (let step = 0; step < 20_000; step += 1) {
      const isFilling = step % 4000 < 2000;
      if (random(10) < (isFilling ? 6 : 4)) {
        const job = createJob();
        line.add(job);
        expected.push(job);
      } else {
        const job = expected[random(3) === 0 ? random(Math.max(1, expected.length)) : 0];
        if (job !== undefined) expect(line.delete(job)).toBe(true);
        expected = expected.filter((each) => each !== job);
      }
      expect(line.length).toBe(expected.length);
      expect(line.first).toBe(expected[0]);
      if (step % 500 === 0) expect([...line]).toEqual(expected);
    }
  });
});
