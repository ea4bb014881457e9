/** From the house's error codes to statuses of gRPC. */
import { toServeError } from '../../core/errors.ts';
import { RPC_CODES, type RpcCodes } from '../grpc/rpc-codes.ts';
import { rpcCodeBy } from '../grpc/rpc-code-by.ts';
import type { RpcStatus } from '../rpc.ts';

/** torchserve.md 6.4; where it differs, `docs/compatibility.md` says so. */
const CODES: RpcCodes = {
  ...RPC_CODES,
  // As TorchServe has it, where UNAUTHENTICATED would fit as well.
  unauthenticated: 'PERMISSION_DENIED',
  already_registered: 'ABORTED',
};

/** The status for anything thrown. */
export function torchserveRpcStatus(thrown: unknown): RpcStatus {
  const error = toServeError(thrown);
  // What the management API refuses when enable_model_api is false.
  const message = error.code === 'method_not_allowed' ? MODEL_API_DISABLED : error.message;
  return { code: rpcCodeBy(CODES, error), message };
}

/** TorchServe's beginning. */
const MODEL_API_DISABLED = 'Model API disabled. Set enable_model_api=true to register and unregister models.';
