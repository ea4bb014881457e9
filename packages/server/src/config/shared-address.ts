/** Where gRPC has the port of the REST API for the same callers, both are served at its address. */
import type { NetworkAddress } from './listen-address.ts';
import type { ServerConfig } from './schema.ts';

/** The REST address whose port a gRPC API has, and whose host where it names one; undefined where gRPC has a port of its own. */
export function sharedAddress(
  api: 'inference' | 'management',
  config: Partial<ServerConfig>,
): NetworkAddress | undefined {
  const [host, port, address] =
    api === 'inference'
      ? [config.grpcInferenceAddress, config.grpcInferencePort, config.inferenceAddress]
      : [config.grpcManagementAddress, config.grpcManagementPort, config.managementAddress];
  // Port 0 is any free one, and never the same as another.
  if (address === undefined || 'path' in address || port === 0 || port !== address.port) return undefined;
  return host === undefined || host === address.host ? address : undefined;
}
