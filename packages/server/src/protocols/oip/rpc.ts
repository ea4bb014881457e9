/** The Open Inference Protocol over gRPC. */
import type { RpcProtocol } from '../rpc.ts';
import { DESCRIPTORS } from './descriptors.ts';
import { createOipService } from './grpc/inference-service.ts';
import { oipRpcStatus } from './grpc/rpc-errors.ts';

/** For the daemon, when a client comes. */
export const oipRpc: RpcProtocol = {
  createServices: (planes) => [createOipService(planes)],
  status: oipRpcStatus,
  descriptors: DESCRIPTORS,
};
