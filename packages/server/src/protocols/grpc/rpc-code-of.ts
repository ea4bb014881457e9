/** Statuses of HTTP, which handlers choose, as those of gRPC. */
import type { RpcCode } from '../rpc.ts';

const OF_HTTP: ReadonlyMap<number, RpcCode> = new Map([
  [400, 'INVALID_ARGUMENT'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [409, 'ABORTED'],
  [413, 'RESOURCE_EXHAUSTED'],
  [416, 'OUT_OF_RANGE'],
  [429, 'RESOURCE_EXHAUSTED'],
  [499, 'CANCELLED'],
  [501, 'UNIMPLEMENTED'],
  [503, 'UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
]);

/** @param status from 400 on (torchserve.md 6.4) */
export function rpcCodeOf(status: number): RpcCode {
  return OF_HTTP.get(status) ?? (status < 500 ? 'FAILED_PRECONDITION' : 'INTERNAL');
}
