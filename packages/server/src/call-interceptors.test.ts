import { describe, expect, it } from 'vitest';
import { createInterceptors } from './call-interceptors.ts';
import type { Call } from './interceptors/interceptor.ts';
import { load } from './test-support/configurations.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };

/** Whether a call of the management API by this name is admitted. */
async function admits(file: string, host: string): Promise<boolean> {
  const { config } = await load({ file });
  const { admit } = createInterceptors(config, { logger, metrics: { httpResponse() {} }, authorization: [] });
  const call: Call = {
    audience: 'management',
    listener: 'management',
    requestId: 'r',
    method: 'POST',
    target: '/models',
    remoteAddress: undefined,
    header: (name) => (name === 'host' ? host : undefined),
  };
  try {
    admit(call);
    return true;
  } catch {
    return false;
  }
}

describe('the management API', () => {
  it('answers to addresses of the machine where REST or gRPC is beyond loopback', async () => {
    expect(await admits('', '10.1.2.3:8081')).toBe(false);
    expect(await admits('management_address=http://0.0.0.0:8081', '10.1.2.3:8081')).toBe(true);
    expect(await admits('grpc_management_address=0.0.0.0', '10.1.2.3:7071')).toBe(true);
    expect(await admits('grpc_management_address=serve.example.org', 'serve.example.org:7071')).toBe(true);
    expect(await admits('grpc_management_address=0.0.0.0', 'evil.example:7071')).toBe(false);
  });

  it('answers to names that were told', async () => {
    expect(await admits('management_allowed_hosts=a.example', 'a.example')).toBe(true);
    expect(await admits('inference_allowed_hosts=a.example', 'a.example')).toBe(false);
  });
});
