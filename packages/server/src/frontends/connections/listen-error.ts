/** Why a listener could not be opened, in a sentence that says what to change. */

/** Name of an HTTP listener, by what is served there. */
export type ListenerName = 'inference' | 'management' | 'metrics';
/** Name of a gRPC listener. */
export type GrpcListenerName = 'grpc_inference' | 'grpc_management';

/** Keeps the server from starting. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: string;
  readonly listener: ListenerName | GrpcListenerName;
  readonly address: string;

  /** @param cause the error of `net.Server.listen` */
  constructor(listener: ListenError['listener'], address: string, cause: NodeJS.ErrnoException) {
    const code = cause.code ?? 'UNKNOWN';
    super(`Cannot open the ${listener} address ${address}: ${explain(code, cause)} ${advise(listener)}`, { cause });
    this.code = code;
    this.listener = listener;
    this.address = address;
  }
}

function explain(code: string, cause: Error): string {
  if (code === 'EADDRINUSE') return 'the port is taken by another process.';
  if (code === 'EACCES') return 'this user may not open it.';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address.';
  return `${cause.message}.`;
}

function advise(listener: ListenError['listener']): string {
  const key = listener.startsWith('grpc_') ? `${listener}_port` : `${listener}_address`;
  return `Choose another with --${key.replaceAll('_', '-')} or ${key} in config.properties.`;
}
