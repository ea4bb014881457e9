/** The main process of a server with front ends: starts them, and answers what they pass on. */
import path from 'node:path';
import type { Api } from './apis.ts';
import type { ServerConfig } from './config/schema.ts';
import type { LogControl, Logger } from './core/logger.ts';
import type { ModelRegistry } from './core/registry/model-registry.ts';
import { FrontEndError } from './fleet/front-end-error.ts';
import { Fleet, type FleetLog } from './fleet/main/fleet.ts';
import type { CallTargets } from './fleet/main/run-call.ts';
import type { FrontEndCounts } from './fleet/messages.ts';
import { splitApis } from './front-end-apis.ts';
import type { GrpcApi } from './grpc-apis.ts';
import type { TokenKeySet } from './interceptors/token-keys.ts';
import { openListeners, type Listeners, type ListenersOptions } from './listeners.ts';
import type { PrometheusMetrics } from './observability/metrics/prometheus.ts';
import type { Audience, Endpoint } from './protocols/endpoint.ts';
import type { RpcService } from './protocols/rpc.ts';
import { canHoldSocket } from './system/socket-address.ts';
import type { SeatWorker } from './worker/host/worker-seat.ts';

/** What they are made of. */
export interface FrontEndsParts {
  /** How many there are. */
  readonly count: number;
  /** Told of their starts and ends. */
  readonly logger: Logger;
  /** Takes their lines. */
  readonly log: Omit<FleetLog, 'kinds'>;
  /** What is switched here is switched there. */
  readonly logControl: LogControl;
  /** Where they are counted together. */
  readonly metrics: PrometheusMetrics;
  /** What they are told of. */
  readonly registry: ModelRegistry;
  /** Folder that is nobody else's. */
  readonly folder: string;
  /** The keys of calls at this moment. */
  readonly keys: () => TokenKeySet | undefined;
}

/** All of them, and the listeners of this process beside them. */
export interface FrontEnds {
  /** Where they find workers. */
  readonly seat: SeatWorker;
  /** Switches what is logged, in all processes. */
  readonly logControl: LogControl;
  /** Tells them of other keys. */
  tellKeys(keys: TokenKeySet): void;
  /** Has them read certificates anew. */
  reloadCertificates(): void;
  /** Opens all addresses. @throws FrontEndError, ListenError */
  open(apis: readonly Api[], grpcApis: readonly GrpcApi[], options: ListenersOptions): Promise<Listeners>;
}

/** As long as the name of a worker's socket gets. */
const LONGEST_NAME = 'worker-123456';

/** None is started before `open`. */
export function createFrontEnds(config: ServerConfig, parts: FrontEndsParts): FrontEnds {
  const { logControl } = parts;
  const folder = path.join(parts.folder, 'workers');
  let targets: CallTargets | undefined;
  const fleet = new Fleet({
    ...parts,
    config,
    folder,
    log: { ...parts.log, kinds: () => logControl.kinds },
    targets: {
      endpoint: (name) => targets?.endpoint(name),
      services: () => targets?.services() ?? Promise.resolve([]),
    },
    onCounts: (counts) => addCounts(counts, parts),
  });
  return {
    seat: (worker) => fleet.seat(worker),
    logControl: switchAll(logControl, fleet),
    tellKeys: (keys) => fleet.tellKeys(keys),
    reloadCertificates: () => fleet.reloadCertificates(),
    async open(apis, grpcApis, options) {
      assertShort(folder);
      const adapted = apis.map((api) => ({ ...api, groups: api.groups.map((group) => adaptGroup(group, fleet)) }));
      const adaptService = (service: RpcService) => adaptRpcs(service, fleet);
      const { ofMain, ofFrontEnds } = splitApis([...adapted, ...grpcApis]);
      const theirs = grpcApis.filter((api) => ofFrontEnds.includes(api));
      targets = createTargets(adapted, theirs, { ...options, adaptService });
      const listeners = await openListeners(ofMain, { ...options, adaptService });
      try {
        return join(listeners, { fleet, addresses: await fleet.start() });
      } catch (error) {
        await listeners.close(0);
        throw error;
      }
    },
  };
}

/** @throws FrontEndError where the system cannot reach the sockets of workers in it */
function assertShort(folder: string): void {
  if (canHoldSocket(path.join(folder, LONGEST_NAME))) return;
  const remedy = 'set work_dir to a shorter path, or frontends=1';
  throw new FrontEndError(`The sockets of workers cannot be in ${folder}, whose path is too long for them: ${remedy}.`);
}

function switchAll(control: LogControl, fleet: Fleet): LogControl {
  return {
    get kinds() {
      return control.kinds;
    },
    ...(control.file !== undefined && { file: control.file }),
    switch(kinds) {
      control.switch(kinds);
      fleet.tellLogKinds(control.kinds);
    },
  };
}

function addCounts(counts: readonly FrontEndCounts[], { metrics, registry }: FrontEndsParts): void {
  const waiting = new Map(registry.all().map((version) => [version, version.serving.queue.length]));
  for (const { metrics: taken, figures, queues } of counts) {
    metrics.metrics.add(taken);
    for (const each of figures) registry.find(each.key)?.serving.addFigures(each.figures);
    for (const { key, length } of queues) {
      const version = registry.find(key);
      if (version !== undefined) waiting.set(version, length + (waiting.get(version) ?? 0));
    }
  }
  for (const [{ key }, length] of waiting) metrics.metrics.queueLength(key, length);
}

type Group = Api['groups'][number];

function adaptGroup(group: Group, fleet: Fleet): Group {
  return { ...group, endpoints: group.endpoints.map((endpoint) => adaptEndpoint(endpoint, fleet)) };
}

function adaptEndpoint(endpoint: Endpoint, fleet: Fleet): Endpoint {
  return { ...endpoint, handle: (request) => around(endpoint, fleet, () => endpoint.handle(request)) };
}

function adaptRpcs(service: RpcService, fleet: Fleet): RpcService {
  const rpcs = service.rpcs.map((rpc) => {
    if (rpc.kind !== 'unary') return rpc;
    const { handle } = rpc;
    return { ...rpc, handle: (...args: Parameters<typeof handle>) => around(rpc, fleet, () => handle(...args)) };
  });
  return { ...service, rpcs };
}

/** What is asked here sees what all front ends have counted, and what it changes is seen by all of them. */
async function around<T>(
  { audience }: { readonly audience: Audience },
  fleet: Fleet,
  handle: () => Promise<T>,
): Promise<T> {
  if (audience === 'open') return handle();
  await fleet.collect();
  try {
    return await handle();
  } finally {
    if (audience !== 'metrics') await Promise.all([fleet.synced(), fleet.collect()]);
  }
}

function createTargets(
  apis: readonly Api[],
  [first, ...others]: readonly GrpcApi[],
  options: ListenersOptions,
): CallTargets {
  const endpoints = new Map<string, Endpoint>();
  for (const { groups } of apis) {
    for (const group of groups) for (const each of group.endpoints) endpoints.set(nameOf(each, group.protocol), each);
  }
  let services: Promise<readonly RpcService[]> | undefined;
  return {
    endpoint: (name) => endpoints.get(nameOf(name, name.protocol)),
    services: () =>
      (services ??= first === undefined ? Promise.resolve([]) : loadServices([first, ...others], options)),
  };
}

function nameOf({ audience, operationId }: { audience: string; operationId: string }, protocol: string): string {
  return `${protocol} ${audience} ${operationId}`;
}

async function loadServices(apis: readonly GrpcApi[], options: ListenersOptions): Promise<RpcService[]> {
  const { loadGroups } = await import('./grpc-services.ts');
  const groups = await loadGroups(apis, options);
  return groups.flatMap(({ services }) => services);
}

interface Opened {
  readonly fleet: Fleet;
  readonly addresses: Listeners['addresses'];
}

function join(listeners: Listeners, { fleet, addresses }: Opened): Listeners {
  return {
    addresses: { ...addresses, ...listeners.addresses },
    async close(timeoutMs) {
      await Promise.all([fleet.stop(timeoutMs), listeners.close(timeoutMs)]);
    },
  };
}
