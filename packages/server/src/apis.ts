/** Which endpoints are served at which address. */
import type { ServerConfig } from './config/schema.ts';
import type { ListenAddress } from './frontends/http/http-server.ts';
import type { ListenerName } from './frontends/connections/listen-error.ts';
import type { Audience, Endpoint, EndpointGroup } from './protocols/endpoint.ts';
import { createMetricsEndpoints, type MetricsSource } from './protocols/metrics-endpoints.ts';
import type { Planes, Protocol } from './protocols/protocol.ts';

/** One API of REST and where it is to be served. */
export interface Api {
  /** Name of the address, as in the configuration. */
  readonly name: ListenerName;
  /** Title of its OpenAPI document. */
  readonly title: string;
  /** Where it is to be served; APIs of one address share a listener. */
  readonly address: ListenAddress;
  /** The endpoints of each protocol that is spoken there, those of the default one first. */
  readonly groups: readonly EndpointGroup[];
}

/** A protocol with its name. */
export type SpokenProtocol = Protocol & { readonly name: string };

/** What the endpoints are made of. */
export interface ApiParts {
  /** What protocols ask of the server. */
  readonly planes: Planes;
  /** What the metrics endpoint shows. */
  readonly metrics: MetricsSource;
  /** What no protocol has, in the words of the default one. */
  readonly ownEndpoints: readonly Endpoint[];
}

/** @param protocols the default one first */
export function createApis(
  config: ServerConfig,
  protocols: readonly SpokenProtocol[],
  { planes, metrics, ownEndpoints }: ApiParts,
): Api[] {
  const groups = protocols.map(({ name, createEndpoints, liveEndpoints, errorResponse }, index) => ({
    protocol: name,
    errorResponse,
    live: liveEndpoints?.(planes),
    endpoints: [...createEndpoints(planes), ...(index === 0 ? ownEndpoints : [])],
  }));
  const metricsApi: Api = {
    name: 'metrics',
    title: 'marserve metrics API',
    address: config.metricsAddress,
    groups: groups
      .slice(0, 1)
      .map((group) => ({ ...group, live: undefined, endpoints: createMetricsEndpoints(metrics) })),
  };
  return [
    {
      name: 'inference',
      title: 'marserve inference API',
      address: config.inferenceAddress,
      groups: groups.map((group) => endpointsFor(group, ['inference', 'open'])),
    },
    {
      name: 'management',
      title: 'marserve management API',
      address: config.managementAddress,
      groups: groups.map((group) => endpointsFor({ ...group, live: undefined }, ['management', 'tokens', 'open'])),
    },
    ...(config.enableMetricsApi ? [metricsApi] : []),
  ];
}

function endpointsFor({ endpoints, ...group }: EndpointGroup, audiences: readonly Audience[]): EndpointGroup {
  return { ...group, endpoints: endpoints.filter(({ audience }) => audiences.includes(audience)) };
}
