/** From the house's error codes to statuses of gRPC. */
import { toServeError, type ErrorCode } from '../../core/errors.ts';
import { rpcCodeBy } from '../grpc/rpc-code-by.ts';
import type { RpcCode, RpcStatus } from '../rpc.ts';

/** A handler's PredictionError keeps its own status. */
export const ONNXRUNTIME_SERVER_RPC_CODES: Readonly<Record<ErrorCode, RpcCode>> = {
  invalid_argument: 'INVALID_ARGUMENT',
  unauthenticated: 'UNAUTHENTICATED',
  permission_denied: 'PERMISSION_DENIED',
  route_not_found: 'UNIMPLEMENTED',
  method_not_allowed: 'PERMISSION_DENIED',
  model_not_found: 'NOT_FOUND',
  version_not_found: 'NOT_FOUND',
  archive_not_found: 'NOT_FOUND',
  url_not_allowed: 'NOT_FOUND',
  download_failed: 'INVALID_ARGUMENT',
  file_exists: 'INTERNAL',
  invalid_archive: 'INVALID_ARGUMENT',
  storage_failed: 'INTERNAL',
  already_registered: 'ALREADY_EXISTS',
  default_version_in_use: 'PERMISSION_DENIED',
  replacement_under_way: 'ABORTED',
  golden_mismatch: 'ABORTED',
  default_version_not_ready: 'UNAVAILABLE',
  model_starting: 'UNAVAILABLE',
  model_failed: 'UNAVAILABLE',
  queue_full: 'UNAVAILABLE',
  no_worker: 'UNAVAILABLE',
  worker_start_failed: 'INTERNAL',
  worker_died: 'INTERNAL',
  response_timeout: 'INTERNAL',
  deadline_exceeded: 'DEADLINE_EXCEEDED',
  unregister_timeout: 'FAILED_PRECONDITION',
  request_too_large: 'RESOURCE_EXHAUSTED',
  headers_too_large: 'RESOURCE_EXHAUSTED',
  request_timeout: 'DEADLINE_EXCEEDED',
  unsupported_encoding: 'UNIMPLEMENTED',
  overloaded: 'UNAVAILABLE',
  response_too_large: 'INTERNAL',
  prediction: 'INTERNAL',
  handler_failed: 'INTERNAL',
  invalid_result: 'INTERNAL',
  not_implemented: 'UNIMPLEMENTED',
  cancelled: 'CANCELLED',
  shutting_down: 'UNAVAILABLE',
  internal: 'INTERNAL',
};

/** The status for anything thrown. */
export function onnxruntimeServerRpcStatus(thrown: unknown): RpcStatus {
  const error = toServeError(thrown);
  return { code: rpcCodeBy(ONNXRUNTIME_SERVER_RPC_CODES, error), message: error.message };
}
