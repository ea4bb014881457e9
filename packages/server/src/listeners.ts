/** Opens the HTTP listeners: one for each address, with the endpoints of every API that is served there. */
import type { EndpointRunnerOptions } from './frontends/endpoint-runner.ts';
import {
  startHttpServer,
  type HttpServer,
  type HttpServerOptions,
  type ListenAddress,
} from './frontends/http-server.ts';
import type { GrpcListenerName, ListenerName } from './frontends/listen-error.ts';
import { createDescriptionEndpoints } from './protocols/description-endpoints.ts';
import type { EndpointGroup } from './protocols/endpoint.ts';

/** One API and where it is to be served. */
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

/** What all listeners have in common. */
export interface ListenersOptions
  extends
    Omit<EndpointRunnerOptions, 'isClosing' | 'name'>,
    Pick<HttpServerOptions, 'headerTimeoutMs' | 'idleTimeoutMs' | 'maxConnections' | 'tls'> {
  /** Version of the server, for the OpenAPI documents. */
  readonly version: string;
}

/** The listeners that are open. */
export interface Listeners {
  /** Where each API really listens. */
  readonly addresses: Readonly<Partial<Record<ListenerName | GrpcListenerName, string>>>;
  /** Takes no more connections, lets those that are there finish, and cuts them after `timeoutMs` milliseconds. */
  close(timeoutMs: number): Promise<void>;
}

/** APIs with the same address share a listener. @throws ListenError; the listeners that were opened are closed again */
export async function openListeners(apis: readonly Api[], options: ListenersOptions): Promise<Listeners> {
  const servers: HttpServer[] = [];
  const addresses: Partial<Record<ListenerName, string>> = {};
  const close = async (timeoutMs: number) => {
    await Promise.all(servers.map((server) => server.close(timeoutMs)));
  };
  try {
    for (const group of groupByAddress(apis)) {
      const server = await startHttpServer({ ...options, ...listenerOf(group, options.version) });
      servers.push(server);
      for (const { name } of group) addresses[name] = server.address;
    }
  } catch (error) {
    await close(0);
    throw error;
  }
  return { addresses, close };
}

/** Whether what has these addresses has one listener. Port 0 stands for any free port, and is never the same as another. */
export function isSameAddress(one: ListenAddress, other: ListenAddress): boolean {
  const isAnyPort = 'port' in one && one.port === 0;
  return !isAnyPort && JSON.stringify(one) === JSON.stringify(other);
}

function groupByAddress(apis: readonly Api[]): Api[][] {
  const groups: Api[][] = [];
  for (const api of apis) {
    const group = groups.find(([first]) => first !== undefined && isSameAddress(first.address, api.address));
    if (group === undefined) groups.push([api]);
    else group.push(api);
  }
  return groups;
}

type Listener = Pick<HttpServerOptions, 'name' | 'address' | 'groups' | 'errorResponse'>;

/** All that is served at one address. */
function listenerOf(apis: readonly Api[], version: string): Listener {
  const [first] = apis;
  const groups = mergeGroups(apis.flatMap((api) => api.groups));
  const [main, ...others] = groups;
  if (first === undefined || main === undefined) throw new Error('a listener without an API');
  const info = { title: apis.map(({ title }) => title).join(', '), version };
  const description = createDescriptionEndpoints(
    info,
    groups.flatMap(({ endpoints }) => endpoints),
  );
  return {
    name: first.name,
    address: first.address,
    groups: [{ ...main, endpoints: [...main.endpoints, ...description] }, ...others],
    errorResponse: main.errorResponse,
  };
}

/** One for each protocol; what several APIs have in common is there once. */
function mergeGroups(groups: readonly EndpointGroup[]): EndpointGroup[] {
  const merged = new Map<string, EndpointGroup>();
  for (const group of groups) {
    const before = merged.get(group.protocol)?.endpoints ?? [];
    merged.set(group.protocol, { ...group, endpoints: [...new Set([...before, ...group.endpoints])] });
  }
  return [...merged.values()];
}
