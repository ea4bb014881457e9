import { describe, expect, it } from 'vitest';
import { load, problemsOf } from '../test-support/configurations.ts';
import { PROFILES, PROFILE_NAMES } from './profiles.ts';
import { CONFIG_KEYS } from './schema.ts';
import { tokenApis } from './token-apis.ts';

const configOf = async (file: string) => (await load({ file })).config;
const local = (port: number) => ({ host: '127.0.0.1', port });

describe('a profile', () => {
  it('names keys that exist', () => {
    const named = PROFILE_NAMES.flatMap((name) => Object.keys(PROFILES[name].defaults));
    expect(Object.keys(CONFIG_KEYS)).toEqual(expect.arrayContaining(named));
  });

  it('has the ports of the server that it stands for', async () => {
    expect(await configOf('')).toMatchObject({
      profile: 'torchserve',
      inferenceAddress: local(8080),
      managementAddress: local(8081),
      metricsAddress: local(8082),
      grpcInferencePort: undefined,
    });
    expect(await configOf('profile=kserve')).toMatchObject({
      inferenceAddress: local(8080),
      managementAddress: local(8080),
      metricsAddress: local(8080),
      grpcInferencePort: 8081,
      grpcManagementPort: 8081,
      maxRequestSize: 8_388_608,
    });
    expect(await configOf('profile=Triton')).toMatchObject({
      inferenceAddress: local(8000),
      managementAddress: local(8000),
      metricsAddress: local(8002),
      grpcInferencePort: 8001,
      grpcManagementPort: 8001,
      maxRequestSize: 67_108_864,
    });
  });

  it('of ONNX Runtime Server has its ports, is that of a single file, and takes its flags', async () => {
    const server = { inferenceAddress: local(8001), metricsAddress: local(8001), grpcInferencePort: 50_051 };
    expect(await configOf('profile=onnxruntime-server')).toMatchObject({ ...server, maxRequestSize: 26_214_400 });
    const files = { 'm.onnx': '' };
    expect((await load({ files, file: 'model_path=m.onnx' })).config).toMatchObject(server);
    const flags = {
      model_path: 'm.onnx',
      http_port: '9001',
      grpc_port: '9002',
      address: '127.0.0.2',
      log_level: 'fatal',
    };
    const { config } = await load({ files, flags });
    expect(config).toMatchObject({
      inferenceAddress: { host: '127.0.0.2', port: 9001 },
      metricsAddress: { host: '127.0.0.2', port: 9001 },
      managementAddress: local(0),
      grpcInferenceAddress: '127.0.0.2',
      grpcInferencePort: 9002,
      logLevel: 'error',
    });
  });

  it('of a component of Seldon has the ports of its wrapper, and what its variables say', async () => {
    const ports = { inferenceAddress: local(9000), metricsAddress: local(6000), grpcInferencePort: 5000 };
    expect(await configOf('profile=seldon')).toMatchObject(ports);
    const env = {
      PREDICTIVE_UNIT_HTTP_SERVICE_PORT: '9500',
      PREDICTIVE_UNIT_GRPC_SERVICE_PORT: '9501',
      PREDICTIVE_UNIT_METRICS_SERVICE_PORT: '6001',
      SELDON_LOG_LEVEL: 'DEBUG',
    };
    expect((await load({ flags: { profile: 'seldon' }, env })).config).toMatchObject({
      inferenceAddress: local(9500),
      metricsAddress: local(6001),
      grpcInferencePort: 9501,
      logLevel: 'debug',
    });
    expect((await load({ flags: { profile: 'seldon', http_port: '1' }, env })).config.inferenceAddress).toEqual(
      local(1),
    );
    expect((await load({ env })).config.inferenceAddress).toEqual(local(8080));
    await expect(
      load({ flags: { profile: 'seldon' }, env: { PREDICTIVE_UNIT_HTTP_SERVICE_PORT: 'x' } }),
    ).rejects.toThrow(/PREDICTIVE_UNIT_HTTP_SERVICE_PORT: .*"x"/);
  });

  it('or an address that is set gets the host and the port that are set alone', async () => {
    expect((await configOf('inference_address=http://127.0.0.3:1\nhttp_port=2')).inferenceAddress).toEqual({
      host: '127.0.0.3',
      port: 2,
    });
    expect((await configOf('profile=kserve\naddress=::1')).metricsAddress).toEqual({ host: '::1', port: 8080 });
    expect(await problemsOf({ flags: { http_port: 'x', grpc_port: '70000', address: 'a b' } })).toEqual([
      '--address: expected a host name or an IP address, came "a b"',
      '--http-port: expected a port up to 65535, came "x"',
      '--grpc-port: expected a port up to 65535, came "70000"',
    ]);
  });

  it('is chosen in the file, on the command line and in the environment, the later over the former', async () => {
    const ports = async (given: Parameters<typeof load>[0]) => (await load(given)).config.grpcInferencePort;
    const file = 'profile=kserve\nenable_envvars_config=true';
    expect(await ports({ file })).toBe(8081);
    expect(await ports({ file, flags: { profile: 'triton' } })).toBe(8001);
    expect(await ports({ file, flags: { profile: 'triton' }, env: { TS_PROFILE: 'torchserve' } })).toBeUndefined();
  });

  it('gives way to every key that is set, wherever it is', async () => {
    const file =
      'profile=triton\nmax_request_size=7\nmanagement_address=http://127.0.0.1:9\nmetrics_address=http://127.0.0.1:8';
    const { config, properties } = await load({ file, flags: { grpc_inference_port: '6' } });
    expect(config).toMatchObject({
      inferenceAddress: local(8000),
      managementAddress: local(9),
      metricsAddress: local(8),
      maxRequestSize: 7,
      grpcInferencePort: 6,
      grpcManagementPort: 6,
    });
    // What a snapshot writes down is what was said, not what follows from it.
    expect(Object.keys(properties).sort()).toEqual([
      'grpc_inference_port',
      'management_address',
      'max_request_size',
      'metrics_address',
      'model_store',
      'profile',
    ]);
  });

  it('has what belongs together at one address, whatever that is', async () => {
    const open = 'profile=kserve\ninference_address=http://0.0.0.0\ngrpc_inference_address=0.0.0.0';
    const config = await configOf(open);
    const all = { host: '0.0.0.0', port: 8080 };
    expect(config).toMatchObject({ inferenceAddress: all, managementAddress: all, metricsAddress: all });
    expect(config).toMatchObject({ grpcManagementAddress: '0.0.0.0', grpcManagementPort: 8081 });
    expect([...tokenApis(config)]).toEqual(['inference', 'management']);
    expect((await load({ file: `${open}\ndisable_token_authorization=true` })).warnings).toEqual([
      expect.stringMatching(/^config.properties:2: inference_address: other machines can reach "http:..0.0.0.0"/),
      expect.stringMatching(/^config.properties:3: grpc_inference_address: other machines can reach "0.0.0.0"/),
    ]);
  });

  it('is told once what is wrong with an address that others have as well', async () => {
    expect(await problemsOf({ file: 'profile=kserve\ninference_address=https://127.0.0.1:1' })).toEqual([
      expect.stringMatching(/^config.properties:2: inference_address: TLS needs a certificate/),
    ]);
    expect(await problemsOf({ file: 'profile=kserve\ninference_address=nowhere' })).toHaveLength(1);
  });

  it('is refused with those that there are when it is none of them', async () => {
    expect(await problemsOf({ flags: { profile: 'sagemaker' } })).toEqual([
      '--profile: expected torchserve, kserve, triton, onnxruntime-server or seldon, came "sagemaker"',
    ]);
  });
});
