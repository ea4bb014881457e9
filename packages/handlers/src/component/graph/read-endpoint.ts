/** Where a unit is that is not one of this server: its `endpoint` (`seldondeployment_types.go`, Endpoint). */
import { integer, isPlainObject, oneOf, optional, string } from '../../model-config.ts';

/** Of the wrapper, where nobody says. */
const PORTS = {
  REST: { scheme: 'http', own: 'httpPort', usual: 9000 },
  GRPC: { scheme: 'grpc', own: 'grpcPort', usual: 5000 },
} as const;

/** @returns such as `http://host:9000`, `grpc://host:5000`; undefined without a host: its unit is one of this server @throws Error for what is none, with the place */
export function readEndpoint(endpoint: unknown, key: string): string | undefined {
  if (!isPlainObject(endpoint)) return undefined;
  const host = optional(string, endpoint['service_host'], `${key}.service_host`);
  if (host === undefined) return undefined;
  const type = optional(oneOf('REST', 'GRPC'), endpoint['type'], `${key}.type`) ?? 'REST';
  const { scheme, own, usual } = PORTS[type];
  const port = integer(1, 65_535)(endpoint[own] ?? endpoint['service_port'] ?? usual, `${key}.service_port`);
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
