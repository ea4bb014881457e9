/** Which gRPC API is served at which address. */
import type { NetworkAddress } from './config/listen-address.ts';
import type { ServerConfig } from './config/schema.ts';
import { sharedAddress } from './config/shared-address.ts';
import type { ConnectionAge } from './frontends/grpc/grpc-session.ts';
import type { GrpcListenerName } from './frontends/connections/listen-error.ts';

/** One gRPC API and where it is to be served. */
export interface GrpcApi {
  /** Name of the address, as in the log. */
  readonly name: GrpcListenerName;
  /** Whose procedures are served, beside those that are open. */
  readonly audience: 'inference' | 'management';
  /** Where it is to be served; APIs of one address share a listener, with those of REST. */
  readonly address: NetworkAddress;
  /** Whether somebody named the address; else the server may do without. */
  readonly isAsked: boolean;
  /** How long a client may use its connection. */
  readonly connectionAge: ConnectionAge;
}

const DEFAULT_HOST = '127.0.0.1';

/** None where gRPC is off. */
export function createGrpcApis(config: ServerConfig): GrpcApi[] {
  if (!config.enableGrpc) return [];
  return [
    {
      name: 'grpc_inference',
      audience: 'inference',
      ...addressOf('inference', config),
      connectionAge: {
        mostMs: config.grpcInferenceMaxConnectionAgeMs,
        graceMs: config.grpcInferenceMaxConnectionAgeGraceMs,
      },
    },
    {
      name: 'grpc_management',
      audience: 'management',
      ...addressOf('management', config),
      connectionAge: {
        mostMs: config.grpcManagementMaxConnectionAgeMs,
        graceMs: config.grpcManagementMaxConnectionAgeGraceMs,
      },
    },
  ];
}

const DEFAULT_PORTS = { inference: 7070, management: 7071 } as const;

function addressOf(api: GrpcApi['audience'], config: ServerConfig): Pick<GrpcApi, 'address' | 'isAsked'> {
  const { host, port } = {
    inference: { host: config.grpcInferenceAddress, port: config.grpcInferencePort },
    management: { host: config.grpcManagementAddress, port: config.grpcManagementPort },
  }[api];
  const own = {
    host: host ?? DEFAULT_HOST,
    port: port ?? DEFAULT_PORTS[api],
    ...(config.enableGrpcSsl && { isTls: true as const }),
  };
  return { address: sharedAddress(api, config) ?? own, isAsked: host !== undefined || port !== undefined };
}
