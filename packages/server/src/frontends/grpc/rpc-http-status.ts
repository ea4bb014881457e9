/** The HTTP status that stands for a status of gRPC, for counters and the log (https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto). */
import type { RpcCode } from '../../protocols/rpc.ts';

/** Status of gRPC → status of HTTP. */
export const RPC_HTTP_STATUSES: Readonly<Record<RpcCode, number>> = {
  OK: 200,
  CANCELLED: 499,
  UNKNOWN: 500,
  INVALID_ARGUMENT: 400,
  DEADLINE_EXCEEDED: 504,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  FAILED_PRECONDITION: 400,
  ABORTED: 409,
  OUT_OF_RANGE: 400,
  UNIMPLEMENTED: 501,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DATA_LOSS: 500,
  UNAUTHENTICATED: 401,
};
