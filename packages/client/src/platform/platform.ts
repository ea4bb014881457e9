/** What differs between Node and browsers. */
import type { TlsOptions } from '../client-options.ts';
import type { Host } from '../hosts/host.ts';
import type { ResolveName } from '../hosts/host-pool.ts';

/** A request of HTTP, to one host. */
export interface TransportRequest {
  /** Where it goes. */
  readonly host: Host;
  /** Of HTTP. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Behind the host's own path, with its query. */
  readonly path: string;
  /** Their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined for none. */
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined;
  /** Ends it, and the body of its answer. */
  readonly signal: AbortSignal;
}

/** The answer, whose body is still to be read: whole or by its chunks. */
export interface TransportResponse {
  /** Of HTTP. */
  readonly status: number;
  /** Their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body. @throws RangeError for one of more bytes; TransportError when the connection ends before */
  bytes(most: number): Promise<Uint8Array>;
  /** The body as it comes. @throws TransportError when the connection ends before it */
  chunks(): AsyncIterable<Uint8Array>;
  /** Gives the rest of the body up. */
  cancel(): Promise<void>;
}

/** Sends requests, and keeps connections for those that follow. */
export interface Transport {
  /** @throws TransportError without an answer; the reason of the signal */
  send(request: TransportRequest): Promise<TransportResponse>;
  /** Closes the connections to a host when their requests are answered. */
  forget(host: Host): void;
  /** Closes all of them, when their requests are answered. */
  close(): Promise<void>;
}

/** There is no answer, or not all of it. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** Whether the server may have got the request. */
  readonly isSent: boolean;

  /** @param cause what the platform said */
  constructor(cause: unknown, isSent: boolean) {
    super(isSent ? 'the connection ended before the answer did' : 'no connection', { cause });
    this.isSent = isSent;
  }
}

/** By its name: the module may be there twice, in a bundle and beside it. */
export function isTransportError(error: unknown): error is TransportError {
  return error instanceof Error && error.name === 'TransportError';
}

/** Settings of a transport. */
export interface TransportOptions {
  /** Milliseconds. */
  readonly connectTimeoutMs: number;
  /** To an address. */
  readonly maxConnections: number;
  /** Certificates. */
  readonly tls: TlsOptions;
}

/** The one that this runs on. */
export interface Platform {
  /** A transport for a client. */
  createTransport(options: TransportOptions): Transport;
  /** Addresses of a name. */
  readonly resolve: ResolveName;
  /** Whether a request may have the header that tells the server how long it is waited for: other origins may refuse it. */
  maySendDeadline(url: string): boolean;
}
