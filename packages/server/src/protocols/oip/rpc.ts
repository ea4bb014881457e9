/** The Open Inference Protocol over gRPC. */
import type { RpcProtocol } from '../rpc.ts';
import { DESCRIPTORS } from './descriptors.ts';
import { createOipService } from './grpc/inference-service.ts';
import { oipRpcStatus, tritonRpcStatus } from './grpc/rpc-errors.ts';

/** For the daemon, when a client comes. @param profile as for REST */
export function oipRpcIn(profile: string): RpcProtocol {
  return {
    createServices: (planes) => [createOipService(planes)],
    status: profile === 'triton' ? tritonRpcStatus : oipRpcStatus,
    descriptors: DESCRIPTORS,
  };
}
