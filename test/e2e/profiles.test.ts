/** Each profile as a process of its own: its protocol answers on its ports, in its words. */
import { describe, expect, it } from 'vitest';
import { RPC_CODES } from '../../packages/server/src/protocols/rpc.ts';
import { ECHO } from '../fixtures/handlers.ts';
import { addArchive } from '../helpers/archives.ts';
import { startDaemon, type Daemon, type DaemonOptions } from '../helpers/daemon.ts';
import { freePort } from '../helpers/free-addresses.ts';
import {
  call,
  createGrpcClient,
  HEALTH,
  inferenceClient,
  managementClient,
  oipClient,
} from '../helpers/grpc-client.ts';
import { post, send } from '../helpers/http.ts';

/** Without what tests usually say of ports. */
const UNSAID = {
  inference_address: '',
  management_address: '',
  metrics_address: '',
  grpc_inference_port: '',
  grpc_management_port: '',
};

interface Started {
  readonly daemon: Daemon;
  /** Whether it has the ports of the profile, which another program may have at the moment. */
  readonly isUsual: boolean;
}

async function startProfile(profile: string): Promise<Started> {
  const fill = (store: string) => addArchive(store, { name: 'echo', source: ECHO });
  const options: DaemonOptions = { args: ['--profile', profile], fill };
  try {
    // Without them, gRPC would do without its ports where another program has them.
    const grpc = profile === 'torchserve' ? { grpc_inference_port: 7070, grpc_management_port: 7071 } : {};
    return { daemon: await startDaemon({ ...options, config: { ...UNSAID, ...grpc } }), isUsual: true };
  } catch (error) {
    if (!String(error).includes('the port is taken')) throw error;
    const [inference, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
    const others =
      profile === 'torchserve'
        ? { management_address: 'http://127.0.0.1:0', grpc_management_port: '0' }
        : { management_address: '', grpc_management_port: '' };
    const config = {
      ...others,
      inference_address: `http://127.0.0.1:${inference}`,
      metrics_address: profile === 'kserve' ? '' : `http://127.0.0.1:${metrics}`,
      grpc_inference_port: grpc,
    };
    return { daemon: await startDaemon({ ...options, config }), isUsual: false };
  }
}

const PORTS = {
  torchserve: { inference: 8080, management: 8081, metrics: 8082 },
  kserve: { inference: 8080, management: 8080, metrics: 8080, grpc: 8081 },
  triton: { inference: 8000, management: 8000, metrics: 8002, grpc: 8001 },
};

function portsOf({ inference, management, metrics, grpcInference }: Daemon, hasGrpc: boolean) {
  const [a, b, c] = [inference, management, metrics].map((url) => Number(new URL(url).port));
  return { inference: a, management: b, metrics: c, ...(hasGrpc && { grpc: Number(grpcInference.split(':')[1]) }) };
}

/** What every profile has, whatever its ports. */
async function speaksEverything({ inference, management, metrics, grpcInference, grpcManagement }: Daemon) {
  expect((await post(`${management}/models?url=echo.mar&initial_workers=1`)).status).toBe(200);
  const asked = { method: 'POST', body: '{"instances":["x"]}', headers: { 'content-type': 'application/json' } };
  expect((await send(`${inference}/v1/models/echo:predict`, asked)).status).toBe(200);
  expect((await send(`${inference}/predictions/echo`, { method: 'POST', body: 'x' })).text).toBe('x');
  expect((await send(`${inference}/v2/health/ready`)).json()).toEqual({ ready: true });
  expect((await send(`${metrics}/metrics`)).text).toContain('# HELP');
  const clients = [
    inferenceClient(grpcInference),
    managementClient(grpcManagement),
    createGrpcClient(grpcInference, HEALTH),
    oipClient(grpcInference),
  ] as const;
  const [predictions, models, health, tensors] = clients;
  const request = { model_name: 'echo', input: { data: Buffer.from('x') } };
  expect(await call(predictions, 'Predictions', request)).toEqual({ prediction: Buffer.from('x') });
  expect(await call(models, 'ListModels')).toMatchObject({ msg: expect.stringContaining('echo') as string });
  expect(await call(health, 'Check')).toEqual({ status: 'SERVING' });
  expect(await call(tensors, 'ServerReady')).toEqual({ ready: true });
  for (const client of clients) client.close();
}

describe('a server started with', () => {
  it('--profile torchserve is TorchServe', async () => {
    const { daemon, isUsual } = await startProfile('torchserve');
    try {
      if (isUsual) expect(portsOf(daemon, false)).toEqual(PORTS.torchserve);
      const unknown = await send(`${daemon.inference}/nowhere`);
      expect([unknown.status, unknown.json()]).toEqual([
        404,
        { code: 404, type: 'ResourceNotFoundException', message: expect.stringContaining('not found') as string },
      ]);
      await speaksEverything(daemon);
    } finally {
      await daemon.close();
    }
  });

  it('--profile kserve is a model server of KServe', async () => {
    const { daemon, isUsual } = await startProfile('kserve');
    try {
      if (isUsual) expect(portsOf(daemon, true)).toEqual(PORTS.kserve);
      expect(new Set([daemon.inference, daemon.management, daemon.metrics]).size).toBe(1);
      expect(daemon.grpcManagement).toBe(daemon.grpcInference);
      expect((await send(`${daemon.inference}/`)).json()).toEqual({ status: 'alive' });
      const unknown = await send(`${daemon.inference}/nowhere`);
      expect([unknown.status, unknown.json()]).toEqual([404, { detail: 'Not Found' }]);
      await speaksEverything(daemon);
      expect((await send(`${daemon.inference}/v1/models`)).json()).toEqual({ models: ['echo'] });
    } finally {
      await daemon.close();
    }
  });

  it('--profile triton is Triton', async () => {
    const { daemon, isUsual } = await startProfile('triton');
    try {
      if (isUsual) expect(portsOf(daemon, true)).toEqual(PORTS.triton);
      expect(daemon.management).toBe(daemon.inference);
      expect(daemon.grpcManagement).toBe(daemon.grpcInference);
      const unknown = await send(`${daemon.inference}/nowhere`);
      expect([unknown.status, Object.keys(unknown.json())]).toEqual([404, ['error']]);
      await speaksEverything(daemon);
      const { inference, grpcInference } = daemon;
      const statuses = ['models/none', 'models/none/ready', 'models/echo/versions/9', 'models/echo/ready'].map(
        async (path) => (await send(`${inference}/v2/${path}`)).status,
      );
      expect(await Promise.all(statuses)).toEqual([400, 400, 404, 200]);
      const client = oipClient(grpcInference);
      await expect(call(client, 'ModelMetadata', { name: 'none' })).rejects.toMatchObject({
        code: RPC_CODES.INVALID_ARGUMENT,
      });
      client.close();
      const { extensions } = (await send(`${daemon.inference}/v2`)).json<{ extensions: string[] }>();
      expect(extensions).toContain('model_repository');
      // What Triton takes, and TorchServe's limit does not.
      const body = Buffer.alloc(10_000_000, 'x');
      const answer = await fetch(`${daemon.inference}/predictions/echo`, { method: 'POST', body });
      expect((await answer.arrayBuffer()).byteLength).toBe(body.length);
      expect(
        (await send(`${inference}/models/echo?min_worker=0&max_worker=0&synchronous=true`, { method: 'PUT' })).status,
      ).toBe(200);
      expect((await send(`${inference}/v2/models/echo/ready`)).status).toBe(400);
    } finally {
      await daemon.close();
    }
  });

  it('any other profile does not start, and says which there are', async () => {
    await expect(startDaemon({ args: ['--profile', 'sagemaker'] })).rejects.toThrow(
      /ERROR - .*--profile: expected torchserve, kserve, triton, onnxruntime-server or seldon, came "sagemaker"/s,
    );
  });
});
