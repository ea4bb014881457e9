import { describe, expect, it } from 'vitest';
import { createSite } from '../test-support/scripted-site.ts';
import { settled } from '../test-support/scripted-version.ts';
import { healthOf } from './health.ts';

describe('the health of a server', () => {
  it('is good without models', () => {
    expect(healthOf(createSite().registry)).toEqual({ isReady: true, models: [] });
  });

  it('is good while a model that was registered later has not been ready yet', async () => {
    const { registry, control, workers } = createSite();
    const { started } = await control.register({ url: 'm-1.0.mar' });
    expect(healthOf(registry)).toMatchObject({ isReady: true, models: [{ state: 'starting', isRequired: false }] });
    workers('m', '1.0')[0]?.becomeReady();
    await started;
    expect(healthOf(registry)).toMatchObject({ isReady: true, models: [{ state: 'ready', isRequired: true }] });
  });

  it('is bad when a default version that was ready has lost its workers', async () => {
    const { registry, serve, workers } = createSite();
    await serve('m-1.0.mar');
    workers('m', '1.0')[0]?.die('killed');
    await settled();
    const reason = expect.stringContaining('killed') as string;
    expect(healthOf(registry)).toMatchObject({ isReady: false, models: [{ name: 'm', state: 'failed', reason }] });
  });

  it('does not depend on versions that are not the default one', async () => {
    const { registry, serve, workers } = createSite();
    await serve('m-1.0.mar');
    await serve('m-2.0.mar');
    workers('m', '2.0')[0]?.die('killed');
    await settled();
    const { isReady, models } = healthOf(registry);
    expect(isReady).toBe(true);
    expect(models.map(({ version, state }) => `${version} ${state}`)).toEqual(['1.0 ready', '2.0 failed']);
  });
});
