/** Statuses of gRPC for the house's error codes, where a protocol says nothing else. */
import { toServeError, type ErrorCode } from '../../core/errors.ts';
import type { RpcCode, RpcStatus } from '../rpc.ts';
import { rpcCodeBy } from './rpc-code-by.ts';

/** The status of each error. */
export type RpcCodes = Readonly<Record<ErrorCode, RpcCode>>;

/** The status that says it best, as KServe and Triton have most of them. */
export const RPC_CODES: RpcCodes = {
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
  model_needed: 'FAILED_PRECONDITION',
  workflow_not_found: 'NOT_FOUND',
  workflow_failed: 'INTERNAL',
  needs_not_ready: 'DEADLINE_EXCEEDED',
  circular_needs: 'FAILED_PRECONDITION',
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

/** The status for anything thrown; a handler's PredictionError keeps its own. @param codes those of the protocol */
export function rpcStatusBy(codes: RpcCodes): (thrown: unknown) => RpcStatus {
  return (thrown) => {
    const error = toServeError(thrown);
    return { code: rpcCodeBy(codes, error), message: error.message };
  };
}
