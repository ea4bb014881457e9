/** The status of gRPC that an error has: by a protocol's own table, or that of HTTP which a handler chose. */
import type { ErrorCode, ServeError } from '../../core/errors.ts';
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

/** A handler's PredictionError keeps its own status. @param codes those of the protocol */
export function rpcCodeBy(codes: Readonly<Record<ErrorCode, RpcCode>>, { code, details }: ServeError): RpcCode {
  const isChosen = code === 'prediction' && details.status !== undefined;
  return isChosen ? rpcCodeOf(details.status) : codes[code];
}

/** @param status from 400 on (torchserve.md 6.4) */
function rpcCodeOf(status: number): RpcCode {
  return OF_HTTP.get(status) ?? (status < 500 ? 'FAILED_PRECONDITION' : 'INTERNAL');
}
