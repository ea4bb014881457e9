/** Makes what serves gRPC clients: the services of all protocols, with the procedures that may be called at an address. */
import { createGrpcServer, type GrpcServer, type GrpcServerOptions } from './frontends/grpc/grpc-server.ts';
import type { GrpcApi } from './grpc-apis.ts';
import { createCommonServices } from './protocols/grpc/common-services.ts';
import { PROTOCOLS } from './protocols/index.ts';
import type { Planes } from './protocols/protocol.ts';
import type { RpcGroup, RpcService } from './protocols/rpc.ts';

/** What the procedures are served with. */
export interface GrpcServicesOptions extends Omit<GrpcServerOptions, 'groups' | 'listener' | 'connectionAge'> {
  /** What protocols ask of the server. */
  readonly planes: Planes;
  /** Changes how procedures are run; by default they are run as they are. */
  readonly adaptService?: ((service: RpcService) => RpcService) | undefined;
}

/** @param apis those of one address; how long connections last is as the first says */
export async function createGrpcServices(
  [first, ...others]: readonly [GrpcApi, ...GrpcApi[]],
  options: GrpcServicesOptions,
): Promise<GrpcServer> {
  return createGrpcServer({
    ...options,
    listener: first.audience,
    groups: await loadGroups([first, ...others], options),
    connectionAge: first.connectionAge,
  });
}

/** The services with the procedures that may be called here; those without any are left out. */
export async function loadGroups(
  apis: readonly GrpcApi[],
  { planes, adaptService = (service) => service }: Pick<GrpcServicesOptions, 'planes' | 'adaptService'>,
): Promise<RpcGroup[]> {
  const audiences = new Set<string>(apis.map(({ audience }) => audience));
  const here = { ...planes, isManagedBesideInference: audiences.has('inference') && audiences.has('management') };
  const protocols = await Promise.all(PROTOCOLS.flatMap(({ loadRpc }) => loadRpc?.(planes.profile) ?? []));
  const groups = protocols.map(({ createServices, ...group }) => {
    const services = createServices(here).map((service) => ({
      ...service,
      rpcs: service.rpcs.filter(({ audience }) => audiences.has(audience) || audience === 'open'),
    }));
    return { ...group, services: services.filter(({ rpcs }) => rpcs.some(({ audience }) => audiences.has(audience))) };
  });
  const [main, ...rest] = groups;
  const all = main === undefined ? [] : [...groups, createCommonServices(here, [main, ...rest])];
  return all.map((group) => ({ ...group, services: group.services.map(adaptService) }));
}
