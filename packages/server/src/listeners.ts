/** Opens the HTTP listeners: one for each address, with the endpoints of every API that is served there. */
import type { Endpoint, EndpointGroup } from './protocols/endpoint.ts';
import type { EndpointRunnerOptions } from './frontends/endpoint-runner.ts';
import type { ListenerName } from './frontends/listen-error.ts';
import { startHttpServer, type HttpServer, type ListenAddress } from './frontends/http-server.ts';
import { withDescription } from './protocols/torchserve/description-endpoints.ts';

/** One API and where it is to be served. */
export interface Api {
  readonly name: ListenerName;
  readonly title: string;
  readonly address: ListenAddress;
  readonly endpoints: readonly Endpoint[];
}

export interface ListenersOptions
  extends Omit<EndpointRunnerOptions, keyof EndpointGroup | 'isClosing'>, Pick<EndpointGroup, 'errorResponse'> {
  readonly version: string;
  /** Longest time for the headers of a request, in milliseconds. */
  readonly headerTimeoutMs: number;
}

export interface Listeners {
  /** Where each API really listens. */
  readonly addresses: Readonly<Partial<Record<ListenerName, string>>>;
  /** Loads what answers the requests that are rare; a failure is logged, and such a request tries again. */
  loadRareRoutes(): Promise<void>;
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
      const server = await startHttpServer({ ...options, ...describeGroup(group, options.version) });
      servers.push(server);
      for (const { name } of group) addresses[name] = server.address;
    }
  } catch (error) {
    await close(0);
    throw error;
  }
  const loadRareRoutes = async () => {
    await Promise.all(servers.map((server) => server.loadRareRoutes()));
  };
  return { addresses, loadRareRoutes, close };
}

/** Port 0 stands for any free port, and is never the same as another. */
function groupByAddress(apis: readonly Api[]): Api[][] {
  const groups = new Map<string, Api[]>();
  for (const api of apis) {
    const isAnyPort = 'port' in api.address && api.address.port === 0;
    const key = isAnyPort ? api.name : JSON.stringify(api.address);
    groups.set(key, [...(groups.get(key) ?? []), api]);
  }
  return [...groups.values()];
}

function describeGroup(
  group: readonly Api[],
  version: string,
): Pick<Api, 'name' | 'address'> & { endpoints: Endpoint[] } {
  const [first] = group;
  if (first === undefined) throw new Error('a listener without an API');
  const title = group.map((api) => api.title).join(', ');
  const endpoints = withDescription(
    { title, version },
    // What several APIs have in common is there once.
    [...new Set(group.flatMap((api) => api.endpoints))],
  );
  return { name: first.name, address: first.address, endpoints };
}
