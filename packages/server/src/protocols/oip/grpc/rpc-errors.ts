/** From the house's error codes to statuses of gRPC, as the Open Inference Protocol has them. */
import { RPC_CODES, rpcStatusBy, type RpcCodes } from '../../grpc/rpc-codes.ts';

/** What the protocol leaves open is as KServe and Triton have it; a handler's PredictionError keeps its own status. */
export const OIP_RPC_CODES = RPC_CODES;

/** Triton's own, as over REST. */
export const TRITON_RPC_CODES: RpcCodes = {
  ...OIP_RPC_CODES,
  model_not_found: 'INVALID_ARGUMENT',
};

/** The status for anything thrown. */
export const oipRpcStatus = rpcStatusBy(OIP_RPC_CODES);

/** The same, as Triton has it. */
export const tritonRpcStatus = rpcStatusBy(TRITON_RPC_CODES);
