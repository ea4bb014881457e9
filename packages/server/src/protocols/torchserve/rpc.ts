/** TorchServe over gRPC. */
import type { RpcProtocol } from '../rpc.ts';
import { DESCRIPTORS } from './descriptors.ts';
import { createInferenceService } from './inference-service.ts';
import { createManagementService } from './management-service.ts';
import { torchserveRpcStatus } from './rpc-errors.ts';

/** For the daemon, when a client comes. */
export const torchserveRpc: RpcProtocol = {
  createServices: (planes) => [createInferenceService(planes), createManagementService(planes)],
  status: torchserveRpcStatus,
  descriptors: DESCRIPTORS,
};
