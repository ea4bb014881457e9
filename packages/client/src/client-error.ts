/** What a call of a client fails with. */

/**
 * - `connection`: no connection, or it ended before the answer did
 * - `timeout`: the call's own time was over
 * - `aborted`: the call's signal aborted
 * - `status`: the server answered with an error
 * - `answer`: the server answered with what the protocol does not know
 * - `refused`: the server answered, and `refuse` of the call did not want that
 */
export type ClientErrorKind = 'connection' | 'timeout' | 'aborted' | 'status' | 'answer' | 'refused';

/** Facts of an error, as far as there are any. */
export interface ClientErrorFacts {
  /** What went wrong. */
  readonly kind: ClientErrorKind;
  /** The address that was asked, such as `http://127.0.0.1:8080`; none for a call that was aborted before it was sent. */
  readonly host?: string | undefined;
  /** Status of HTTP, for `status` over REST. */
  readonly status?: number | undefined;
  /** Status code of gRPC, for calls over gRPC that were answered. */
  readonly code?: number | undefined;
  /** The body of the answer, or the message of gRPC's status, whole up to 64 KB. */
  readonly text?: string | undefined;
  /** Headers of the answer, their names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Whether it can be sent again, because it did not reach the server, or asks for facts alone; default false. */
  readonly isRetryable?: boolean | undefined;
  /** What the platform said. */
  readonly cause?: unknown;
}

/** The one error of a client's calls; its message names the host and has the server's own words. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  /** What went wrong. */
  readonly kind: ClientErrorKind;
  /** The address that was asked, such as `http://127.0.0.1:8080`. */
  readonly host: string | undefined;
  /** Status of HTTP, for `status` over REST. */
  readonly status: number | undefined;
  /** Status code of gRPC, for calls over gRPC that were answered. */
  readonly code: number | undefined;
  /** The body of the answer, or the message of gRPC's status, whole up to 64 KB. */
  readonly text: string | undefined;
  /** Headers of the answer, their names in lower case; empty without an answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the client sends such a request again by itself. */
  readonly isRetryable: boolean;

  /** @param message for people */
  constructor(message: string, facts: ClientErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.kind = facts.kind;
    this.host = facts.host;
    this.status = facts.status;
    this.code = facts.code;
    this.text = facts.text;
    this.headers = facts.headers ?? {};
    this.isRetryable = facts.isRetryable ?? false;
  }
}

/** The text of whatever was thrown, with those of its causes. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ');
  const cause = error.cause instanceof Error ? `: ${reasonOf(error.cause)}` : '';
  return `${error.message || error.name}${cause}`;
}
