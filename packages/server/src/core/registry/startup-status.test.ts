import { describe, expect, it } from 'vitest';
import { StartupStatus, type StartupModel } from './startup-status.ts';

const unnamed: StartupModel = { url: 'folder/echo.mar?x=1', label: 'echo.mar' };
const named: StartupModel = { url: 'other.mar', name: 'm', label: 'm=other.mar' };
const version: StartupModel = { url: 'v2.mar', name: 'v', version: '2.0', label: 'v 2.0' };

const codeOf = (status: StartupStatus, ...[name, wanted]: [string, string?]) => status.explain(name, wanted)?.code;

describe('what is said of a model that is not registered', () => {
  it('is nothing when the start has nothing to do with it', () => {
    expect(new StartupStatus().explain('m')).toBeUndefined();
    expect(codeOf(new StartupStatus([named, version]), 'x')).toBeUndefined();
    expect(codeOf(new StartupStatus([version]), 'v', '1.0')).toBeUndefined();
  });

  it('is that it starts, and when to ask again, while an archive is loaded that may hold it', () => {
    expect(codeOf(new StartupStatus([unnamed]), 'anything', '3')).toBe('model_starting');
    expect(codeOf(new StartupStatus([named]), 'm', '3')).toBe('model_starting');
    expect(codeOf(new StartupStatus([version]), 'v')).toBe('model_starting');
    expect(new StartupStatus([version]).explain('v', '2.0')?.details).toEqual({ retryAfterSeconds: 1 });
  });

  it('is that it failed, by its name or that of its archive, until it is made good or given up', () => {
    const status = new StartupStatus([unnamed, version]);
    status.failed(unnamed, 'broken');
    status.failed(version, 'missing');
    expect([codeOf(status, 'echo'), codeOf(status, 'v'), codeOf(status, 'x')]).toEqual([
      'model_failed',
      'model_failed',
      undefined,
    ]);
    expect(status.missing().map(({ label, failure }) => [label, failure])).toEqual([
      ['echo.mar', 'broken'],
      ['v 2.0', 'missing'],
    ]);
    status.replacedBy({ name: 'v', version: '1.0' }, 'v1.mar');
    expect(status.hasFailed(version)).toBe(true);
    status.replacedBy({ name: 'v', version: '2.0' }, 'elsewhere.mar');
    expect(status.hasFailed(version)).toBe(false);
    expect([status.forget('x'), status.forget('echo', '1.0'), status.forget('echo')]).toEqual([false, true, false]);
    expect(status.missing()).toEqual([]);
  });

  it('is made good by a registration from the same archive under another name', () => {
    const status = new StartupStatus([unnamed, named]);
    status.failed(unnamed, 'broken');
    status.replacedBy({ name: 'new', version: '1' }, unnamed.url);
    expect(status.missing().map(({ label }) => label)).toEqual(['m=other.mar']);
  });
});
