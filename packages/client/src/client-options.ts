/** What clients and their calls can be told. */
import type { Host } from './hosts/host.ts';

/** Certificates for `https://` and `grpcs://`; under Node alone, browsers have their own. */
export interface TlsOptions {
  /**
   * Certificates of the authorities that are trusted, as PEM. By default those in the file that `REQUESTS_CA_BUNDLE` or else
   * `SSL_CERT_FILE` names, or else those that Node has.
   */
  readonly ca?: string | undefined;
  /** The client's own certificate, as PEM, for servers that ask for one. */
  readonly cert?: string | undefined;
  /** The key of `cert`, as PEM. */
  readonly key?: string | undefined;
  /** The name that the server's certificate must have; by default that in the address. */
  readonly serverName?: string | undefined;
}

/** Settings of a client, for all its calls. */
export interface ClientOptions {
  /** Headers of every request, such as `authorization`; over gRPC its metadata. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Names of headers that `forward` of a call passes on, beside `x-request-id`, `traceparent`, `tracestate`, `b3`, `x-b3-*` and
   * `authorization`; a `*` at the end stands for anything.
   */
  readonly forwardHeaders?: readonly string[] | undefined;
  /** Longest time of a call in milliseconds, with all its attempts and its whole answer; 0 for as long as it takes. Default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Longest time to connect in milliseconds, under Node. Default 5,000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * How often a request is sent again whose connection failed, or that gRPC answered UNAVAILABLE, with growing pauses and
   * within `timeoutMs`. Other hosts are tried at once, and do not count. Default 2.
   */
  readonly retries?: number | undefined;
  /** Most connections to an address at a time, under Node; further requests wait for one. Default 100. */
  readonly maxConnections?: number | undefined;
  /** Most bytes of an answer, or of a message of a stream. Default 256 MiB. */
  readonly maxResponseBytes?: number | undefined;
  /** Certificates. */
  readonly tls?: TlsOptions | undefined;
}

/** Settings of one call. */
export interface CallOptions {
  /** In place of the client's `timeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** Ends the call. */
  readonly signal?: AbortSignal | undefined;
  /** Headers of this request, beside and before those of the client. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The headers of a request that this one is made for: those of the allow-list are passed on. */
  readonly forward?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
  /** Called with the head of the answer, before its body is read. */
  readonly onResponse?: ((head: ResponseHead) => void) | undefined;
  /**
   * Called with the head of an answer that is no error, before its body is read: says why the answer is not wanted, or undefined
   * when it is. Its host is left out for a while, and others are asked; without others the call fails with that text.
   */
  readonly refuse?: ((head: ResponseHead) => string | undefined) | undefined;
  /** Asks this host alone; one of those that `hosts` of the client gives. */
  readonly host?: Host | undefined;
}

/** What comes before the body of an answer. */
export interface ResponseHead {
  /** The host that answered, as `Host` has it. */
  readonly host: string;
  /** The one of several addresses of its name; undefined where the platform found it. */
  readonly address?: string | undefined;
  /** Status of HTTP; undefined over gRPC. */
  readonly status?: number | undefined;
  /** Their names in lower case; of a repeated one all values. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A model by its name, or a version of it. */
export type ModelRef = string | { readonly name: string; readonly version?: string | undefined };
