/** Opens the gRPC listeners; what is spoken there is loaded when the first client comes. */
import type { ServerConfig } from './config/schema.ts';
import type { Logger } from './core/logger.ts';
import { startGrpcListener, type GrpcListener } from './frontends/grpc-listener.ts';
import type { ConnectionAge, GrpcServer } from './frontends/grpc-server.ts';
import { ListenError, type GrpcListenerName } from './frontends/listen-error.ts';
import type { RpcRunnerOptions } from './frontends/rpc-runner.ts';
import type { Tls } from './frontends/tls/tls.ts';
import type { Listeners } from './listeners.ts';
import { PROTOCOLS } from './protocols/index.ts';
import type { Planes } from './protocols/protocol.ts';
import type { RpcGroup } from './protocols/rpc.ts';

/** What the RPCs are served with. */
export interface GrpcListenersOptions extends Omit<RpcRunnerOptions, 'listener' | 'isClosing'> {
  /** What protocols ask of the server. */
  readonly planes: Planes;
  /** Where connections are to be encrypted (`enable_grpc_ssl`). */
  readonly tls: Tls | undefined;
}

interface GrpcApi {
  readonly name: GrpcListenerName;
  readonly audience: 'inference' | 'management';
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly defaultPort: number;
  readonly connectionAge: ConnectionAge;
}

/** @throws ListenError when an address cannot be opened that was asked for; all listeners are closed then */
export async function withGrpc(
  http: Listeners,
  config: ServerConfig,
  options: GrpcListenersOptions,
): Promise<Listeners> {
  try {
    const grpc = await openGrpcListeners(config, options);
    return {
      ...http,
      addresses: { ...http.addresses, ...grpc.addresses },
      close: async (timeoutMs) => void (await Promise.all([http.close(timeoutMs), grpc.close(timeoutMs)])),
    };
  } catch (error) {
    await http.close(0);
    throw error;
  }
}

async function openGrpcListeners(config: ServerConfig, options: GrpcListenersOptions): Promise<Listeners> {
  const listeners: GrpcListener[] = [];
  const addresses: Partial<Record<GrpcListenerName, string>> = {};
  const close = async (timeoutMs: number) => {
    await Promise.all(listeners.map((listener) => listener.close(timeoutMs)));
  };
  try {
    for (const api of config.enableGrpc ? grpcApis(config) : []) {
      const listener = await open(api, config, options);
      if (listener === undefined) continue;
      listeners.push(listener);
      addresses[api.name] = listener.address;
    }
  } catch (error) {
    await close(0);
    throw error;
  }
  return { addresses, close };
}

function grpcApis(config: ServerConfig): GrpcApi[] {
  return [
    {
      name: 'grpc_inference',
      audience: 'inference',
      host: config.grpcInferenceAddress,
      port: config.grpcInferencePort,
      defaultPort: 7070,
      connectionAge: {
        mostMs: config.grpcInferenceMaxConnectionAgeMs,
        graceMs: config.grpcInferenceMaxConnectionAgeGraceMs,
      },
    },
    {
      name: 'grpc_management',
      audience: 'management',
      host: config.grpcManagementAddress,
      port: config.grpcManagementPort,
      defaultPort: 7071,
      connectionAge: {
        mostMs: config.grpcManagementMaxConnectionAgeMs,
        graceMs: config.grpcManagementMaxConnectionAgeGraceMs,
      },
    },
  ];
}

/** Undefined where nobody asked for it, and another process has the port. */
async function open(
  api: GrpcApi,
  config: ServerConfig,
  options: GrpcListenersOptions,
): Promise<GrpcListener | undefined> {
  const { name, host = '127.0.0.1', port = api.defaultPort } = api;
  const { logger, tls } = options;
  try {
    const load = () => loadServer(api, config, options);
    return await startGrpcListener({
      name,
      address: { host, port },
      maxConnections: config.maxConnections,
      handshakeTimeoutMs: config.requestHeaderTimeout * 1000,
      ...(config.enableGrpcSsl && { tls }),
      load,
      logger,
    });
  } catch (error) {
    const isAsked = api.host !== undefined || api.port !== undefined;
    if (isAsked || !(error instanceof ListenError)) throw error;
    warnWithout(logger, error);
    return undefined;
  }
}

function warnWithout(logger: Logger, error: ListenError): void {
  logger.warn(`${error.message} The server does without; enable_grpc=false says that it is to.`);
}

async function loadServer(api: GrpcApi, config: ServerConfig, options: GrpcListenersOptions): Promise<GrpcServer> {
  const { createGrpcServer } = await import('./frontends/grpc-server.ts');
  return createGrpcServer({
    ...options,
    listener: api.audience,
    groups: await loadGroups(api, options.planes),
    maxMessageBytes: config.maxRequestSize,
    connectionAge: api.connectionAge,
  });
}

/** The services with the procedures that may be called here; those without any are left out. */
async function loadGroups({ audience }: GrpcApi, planes: Planes): Promise<RpcGroup[]> {
  const { createCommonServices } = await import('./protocols/grpc/common-services.ts');
  const protocols = await Promise.all(PROTOCOLS.flatMap(({ loadRpc }) => loadRpc?.() ?? []));
  const groups = protocols.map(({ createServices, ...group }) => {
    const services = createServices(planes).map((service) => ({
      ...service,
      rpcs: service.rpcs.filter((rpc) => rpc.audience === audience || rpc.audience === 'open'),
    }));
    return { ...group, services: services.filter(({ rpcs }) => rpcs.some((rpc) => rpc.audience === audience)) };
  });
  const [first, ...others] = groups;
  return first === undefined ? [] : [...groups, createCommonServices(planes, [first, ...others])];
}
