import { describe, expect, it } from 'vitest';
import { loadEnvelope } from './service-envelope.ts';

function load(yaml: unknown, manifest: unknown, server?: string) {
  const model = { modelName: 'm', modelVersion: '1', handler: 'h', envelope: manifest };
  return loadEnvelope({
    modelConfig: { serviceEnvelope: yaml },
    manifest: { runtime: 'node', model },
    serviceEnvelope: server,
  });
}

describe('the service envelope', () => {
  it.each<[unknown, unknown, string | undefined, string | undefined]>([
    ['json', 'kserve', 'kservev2', 'json'],
    [undefined, 'kserve', 'kservev2', 'kserve'],
    [null, '', 'kservev2', 'kservev2'],
    ['body', 'kserve', undefined, 'body'],
    [undefined, undefined, undefined, undefined],
  ])('of a YAML file with %s, a manifest with %s and a server with %s is %s', async (yaml, manifest, server, name) => {
    const envelope = await load(yaml, manifest, server);
    expect(envelope?.name).toBe(name);
    expect(envelope?.codec === undefined).toBe(name === undefined || name === 'body');
  });

  it('of a name that nobody knows is refused', async () => {
    await expect(load(undefined, 'mine')).rejects.toThrow('The service envelope "mine" is not one of body, kserve, ');
  });
});
