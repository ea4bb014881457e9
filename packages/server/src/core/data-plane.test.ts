import { describe, expect, it } from 'vitest';
import { createSite, golden } from '../test-support/scripted-site.ts';
import { settled, uncounted } from '../test-support/scripted-version.ts';
import { createDataPlane } from './data-plane.ts';
import { STEADY_CALLER, type JobRequest } from './jobs/job.ts';

const REQUEST: JobRequest = { operation: 'predict', requestId: 'a', codec: 'torchserve', headers: [], inputs: [] };

function createPlane(options?: Parameters<typeof createSite>[0]) {
  const site = createSite(options);
  const received: string[] = [];
  const requestReceived = (name: string, version = 'default') => void received.push(`${name} ${version}`);
  return { ...site, received, plane: createDataPlane(site.registry, { ...uncounted, requestReceived }) };
}

describe('a request', () => {
  it('for a model that is not there is refused before its body is read, and not counted', () => {
    const { plane, received } = createPlane();
    expect(() => plane.admit('gone')).toThrow(expect.objectContaining({ code: 'model_not_found' }));
    expect(received).toEqual([]);
  });

  it('for a model without workers is refused and counted', async () => {
    const { plane, control, received } = createPlane();
    await control.register({ url: 'm-1.0.mar', workers: { min: 0, max: 0 } });
    expect(() => plane.admit('m')).toThrow(expect.objectContaining({ code: 'no_worker' }));
    expect(() => plane.admit('m', '1.0')).toThrow(expect.objectContaining({ code: 'no_worker' }));
    expect(received).toEqual(['m default', 'm 1.0']);
  });

  it('is answered by the version that is the default one when its body is there', async () => {
    const { plane, control, serve, workers } = createPlane();
    await serve('m-1.0.mar');
    await serve('m-2.0.mar');
    const [byDefault, byName] = [plane.admit('m'), plane.admit('m', '1.0')];
    await control.setDefault({ name: 'm', version: '2.0' });
    const answers = [byDefault, byName].map((admission) => admission.submit(REQUEST, STEADY_CALLER));
    await settled();
    for (const version of ['1.0', '2.0']) {
      expect(workers('m', version)[0]?.batches).toHaveLength(1);
      workers('m', version)[0]?.answer();
    }
    await Promise.all(answers);
  });

  it('without a version is not served by one that answers wrongly; one that names it is', async () => {
    const { plane, control, workers } = createPlane({ golden: [golden('q', 'right')] });
    const { started } = await control.register({ url: 'm-1.0.mar' }, { staysOnFailure: true });
    const [worker] = workers('m', '1.0');
    worker?.becomeReady();
    for (const times of [1, 2]) {
      await expect.poll(() => worker?.batches.length).toBe(times);
      worker?.answer();
    }
    await expect(started).rejects.toMatchObject({ code: 'golden_mismatch' });
    expect(() => plane.admit('m')).toThrow(expect.objectContaining({ code: 'default_version_not_ready' }));
    const answer = plane.admit('m', '1.0').submit(REQUEST, STEADY_CALLER);
    worker?.answer();
    expect((await answer).meta).toBe('a');
  });
});

describe('what clients may know', () => {
  it('is which models there are, and which of them can serve', async () => {
    const { plane, control, serve } = createPlane();
    await serve('b-1.0.mar');
    await control.register({ url: 'a-1.0.mar' });
    expect(plane.modelNames()).toEqual(['a', 'b']);
    expect(plane.modelReadiness('b')).toEqual({ isReady: true });
    expect(plane.modelReadiness('a', '1.0')).toMatchObject({ isReady: false, reason: '0 of 1 workers are ready' });
    expect(() => plane.modelReadiness('c')).toThrow(expect.objectContaining({ code: 'model_not_found' }));
    expect(plane.isReady()).toBe(true);
  });
});
