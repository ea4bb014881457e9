/** Status codes of gRPC (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */

/** Those that clients meet by name. */
export const RPC_CODES = {
  CANCELLED: 1,
  UNKNOWN: 2,
  DEADLINE_EXCEEDED: 4,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** Such as `NOT_FOUND`; the number of one that there is not. */
export function codeName(code: number): string {
  return NAMES[code] ?? String(code);
}

/** What a proxy's answer says (https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md). */
const CODES_OF_HTTP: Readonly<Record<number, number>> = {
  400: RPC_CODES.INTERNAL,
  401: RPC_CODES.UNAUTHENTICATED,
  403: RPC_CODES.PERMISSION_DENIED,
  404: RPC_CODES.UNIMPLEMENTED,
  429: RPC_CODES.UNAVAILABLE,
  502: RPC_CODES.UNAVAILABLE,
  503: RPC_CODES.UNAVAILABLE,
  504: RPC_CODES.UNAVAILABLE,
};

/** @param status of HTTP, other than 200 */
export function codeOfHttp(status: number): number {
  return CODES_OF_HTTP[status] ?? RPC_CODES.UNKNOWN;
}

/** What a reset of the stream says; for others it is INTERNAL. */
const CODES_OF_RESET: Readonly<Record<number, number>> = {
  7: RPC_CODES.UNAVAILABLE,
  8: RPC_CODES.CANCELLED,
  11: RPC_CODES.RESOURCE_EXHAUSTED,
  12: RPC_CODES.PERMISSION_DENIED,
};

/** @param reset error code of HTTP/2 */
export function codeOfReset(reset: number): number {
  return CODES_OF_RESET[reset] ?? RPC_CODES.INTERNAL;
}
