/** Which APIs take calls with a token alone. */
import { isLoopback } from './listen-address.ts';
import type { ServerConfig } from './schema.ts';

/** An API, by who calls it. */
export type TokenApi = 'inference' | 'management';

/** Unless the configuration says it for all, those that other machines can reach. */
export function tokenApis(config: ServerConfig): ReadonlySet<TokenApi> {
  const { disableTokenAuthorization: isOff, inferenceAddress, managementAddress } = config;
  const isNeeded = (...addresses: readonly ServerConfig['inferenceAddress'][]) =>
    isOff === undefined ? !addresses.every(isLoopback) : !isOff;
  return new Set([
    ...(isNeeded(inferenceAddress, ...grpcAddress(config.grpcInferenceAddress, config))
      ? (['inference'] as const)
      : []),
    ...(isNeeded(managementAddress, ...grpcAddress(config.grpcManagementAddress, config))
      ? (['management'] as const)
      : []),
  ]);
}

/** None where it is of loopback by default, or closed. */
function grpcAddress(host: string | undefined, { enableGrpc }: ServerConfig): ServerConfig['inferenceAddress'][] {
  return host === undefined || !enableGrpc ? [] : [{ host, port: 0 }];
}
