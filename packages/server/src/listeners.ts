/** Opens the listeners: one for each address, with all APIs that are served there, over REST and gRPC. */
import type { Api } from './apis.ts';
import type { RequestOptions } from './frontends/http/run-request.ts';
import { createGrpcConnections } from './frontends/grpc/grpc-connections.ts';
import { startGrpcListener } from './frontends/grpc/grpc-listener.ts';
import type { GrpcLimits } from './frontends/grpc/grpc-server.ts';
import { startHttpServer, type HttpServerOptions, type ListenAddress } from './frontends/http/http-server.ts';
import type { ConnectionLimits } from './frontends/connections/limit-connections.ts';
import type { Listener } from './frontends/connections/listen.ts';
import { ListenError, type GrpcListenerName, type ListenerName } from './frontends/connections/listen-error.ts';
import type { Tls } from './frontends/tls/tls.ts';
import type { GrpcApi } from './grpc-apis.ts';
import type { Planes } from './protocols/protocol.ts';
import type { RpcService } from './protocols/rpc.ts';
import { servedEndpoints } from './served-endpoints.ts';

/** What all listeners have in common. */
export interface ListenersOptions
  extends
    Omit<RequestOptions, 'isClosing' | 'name'>,
    ConnectionLimits,
    Pick<HttpServerOptions, 'cors' | 'isCompressing'> {
  /** Of the server, for the descriptions of its APIs. */
  readonly version: string;
  /** For the addresses that need it. */
  readonly tls: Tls | undefined;
  /** What bounds clients of gRPC alone. */
  readonly grpc: Pick<GrpcLimits, 'maxStreams' | 'pingIntervalMs'>;
  /** What gRPC's procedures call. */
  readonly planes: Planes;
  /** See `GrpcServicesOptions`. */
  readonly adaptService?: ((service: RpcService) => RpcService) | undefined;
}

/** The listeners that are open. */
export interface Listeners {
  /** Where each API really listens. */
  readonly addresses: Readonly<Partial<Record<ListenerName | GrpcListenerName, string>>>;
  /** As that of a listener, for all of them. */
  close(timeoutMs: number): Promise<void>;
}

/**
 * APIs with the same address share a listener.
 * @throws ListenError when an address cannot be opened that was asked for; the listeners that were opened are closed again
 */
export async function openListeners(apis: readonly (Api | GrpcApi)[], options: ListenersOptions): Promise<Listeners> {
  const listeners: Listener[] = [];
  const addresses: Partial<Record<ListenerName | GrpcListenerName, string>> = {};
  const close = async (timeoutMs: number) => {
    await Promise.all(listeners.map((listener) => listener.close(timeoutMs)));
  };
  try {
    for (const shared of groupByAddress(apis)) {
      const listener = await openUnlessSpare(shared, options);
      if (listener === undefined) continue;
      listeners.push(listener);
      for (const { name } of shared.http) addresses[name] = listener.address;
      for (const { name } of shared.grpc) addresses[name] = listener.address.replace(/^http/, 'grpc');
    }
  } catch (error) {
    await close(0);
    throw error;
  }
  return { addresses, close };
}

/** What is served at one address. */
interface SharedAddress {
  readonly address: ListenAddress;
  readonly http: readonly Api[];
  readonly grpc: readonly GrpcApi[];
}

/** Whether what has these addresses has one listener. Port 0 stands for any free port, and is never the same as another. */
export function isSameAddress(one: ListenAddress, other: ListenAddress): boolean {
  const isAnyPort = 'port' in one && one.port === 0;
  return !isAnyPort && JSON.stringify(one) === JSON.stringify(other);
}

function groupByAddress(apis: readonly (Api | GrpcApi)[]): SharedAddress[] {
  const groups: (Api | GrpcApi)[][] = [];
  for (const api of apis) {
    const group = groups.find(([first]) => first !== undefined && isSameAddress(first.address, api.address));
    if (group === undefined) groups.push([api]);
    else group.push(api);
  }
  return groups.flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const [http, grpc] = [group.filter(isHttp), group.filter(isGrpc)];
    return [{ address: first.address, http, grpc }];
  });
}

const isGrpc = (api: Api | GrpcApi): api is GrpcApi => 'audience' in api;
const isHttp = (api: Api | GrpcApi): api is Api => !isGrpc(api);

/** Undefined where nobody asked for the address, and another process has the port. */
async function openUnlessSpare(shared: SharedAddress, options: ListenersOptions): Promise<Listener | undefined> {
  try {
    return await open(shared, options);
  } catch (error) {
    const isAsked = shared.http.length > 0 || shared.grpc.some((api) => api.isAsked);
    if (isAsked || !(error instanceof ListenError)) throw error;
    options.logger.warn(`${error.message} The server does without; enable_grpc=false says that it is to.`);
    return undefined;
  }
}

function open({ address, http, grpc }: SharedAddress, options: ListenersOptions): Promise<Listener> {
  const connections = grpcConnections(grpc, options);
  const [firstHttp, ...otherHttp] = http;
  if (firstHttp !== undefined) {
    const endpoints = servedEndpoints([firstHttp, ...otherHttp], options.version);
    return startHttpServer({ ...options, ...endpoints, address, grpc: connections });
  }
  const [firstGrpc] = grpc;
  if (firstGrpc === undefined || connections === undefined) throw new Error('an address without an API');
  const { tls, ...others } = options;
  const { name, address: own } = firstGrpc;
  return startGrpcListener({ ...others, name, address: own, connections, ...(own.isTls === true && { tls }) });
}

/** Those of REST hold for gRPC as well. */
function grpcLimits({ bodyLimits, grpc }: ListenersOptions) {
  return { ...grpc, maxMessageBytes: bodyLimits.maxBytes, messageTimeoutMs: bodyLimits.timeoutMs };
}

function grpcConnections([first, ...others]: readonly GrpcApi[], options: ListenersOptions) {
  if (first === undefined) return undefined;
  const load = async () => {
    const { createGrpcServices } = await import('./grpc-services.ts');
    return createGrpcServices([first, ...others], { ...options, ...grpcLimits(options) });
  };
  return createGrpcConnections({ load, logger: options.logger });
}
