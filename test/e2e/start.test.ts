import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startDaemon } from '../helpers/daemon.ts';
import { post, send } from '../helpers/http.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

describe('the start of a daemon', () => {
  it('fails when a port is taken, and says which one and what to change', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise((resolve) => other.close(resolve)));
    const { port } = other.address() as AddressInfo;
    const start = startDaemon({ config: { management_address: `http://127.0.0.1:${port}` } });
    await expect(start).rejects.toThrow(
      `Cannot open the management address http://127.0.0.1:${port}: the port is taken by another process. ` +
        'Choose another with --management-address or management_address in config.properties.',
    );
  });

  it('serves several APIs on one address', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'marserve-port-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const socket = path.join(folder, 'all.sock');
    const address = `unix:${socket}`;
    const daemon = await startDaemon({
      config: { inference_address: address, management_address: address, metrics_address: address },
    });
    cleanups.push(() => daemon.close());
    expect(daemon.output()).toContain(address);
  });

  it('refuses to register when the model API is off', async () => {
    const daemon = await startDaemon({ config: { enable_model_api: false } });
    cleanups.push(() => daemon.close());
    const answer = await post(`${daemon.management}/models?url=x.mar`);
    expect(answer.json()).toEqual({
      code: 405,
      type: 'MethodNotAllowedException',
      message: 'Requested method is not allowed, please refer to API document.',
    });
    expect((await send(`${daemon.management}/models`)).status).toBe(200);
  });

  it('sends the CORS headers that are configured', async () => {
    const daemon = await startDaemon({ config: { cors_allowed_origin: 'https://example.com' } });
    cleanups.push(() => daemon.close());
    const answer = await send(`${daemon.inference}/ping`);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://example.com');
  });
});
