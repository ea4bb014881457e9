/** What is beside the services of the protocols at every address: health and reflection. */
import type { Planes } from '../protocol.ts';
import type { RpcGroup } from '../rpc.ts';
import { DESCRIPTORS } from './descriptors.ts';
import { createHealthService } from './health-service.ts';
import { createReflectionServices } from './reflection-service.ts';

/** @param groups those of the listener, the default protocol first: errors are said in its words */
export function createCommonServices({ controlPlane }: Planes, groups: readonly [RpcGroup, ...RpcGroup[]]): RpcGroup {
  const names = groups.flatMap(({ services }) => services.map(({ name }) => name));
  const health = createHealthService(controlPlane.registry, names);
  const sets = [...groups.map(({ descriptors }) => descriptors), DESCRIPTORS];
  const reflection = createReflectionServices([...names, health.name, 'grpc.reflection.v1.ServerReflection'], sets);
  return { services: [health, ...reflection], descriptors: DESCRIPTORS, status: groups[0].status };
}
