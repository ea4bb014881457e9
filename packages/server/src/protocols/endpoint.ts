/** An endpoint: a function from a plain request to a plain response, and what the API description says of it. */
import type { Caller, JobInput } from '../core/jobs/job.ts';

/** A request without its transport. */
export interface PlainRequest {
  /** In capitals. */
  readonly method: string;
  /** Path and query, as they came. */
  readonly target: string;
  /** Segments of the path that stand for the `{names}` of the endpoint's path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Decoded. */
  readonly query: URLSearchParams;
  /** Names the request in logs, in errors and to the handler. */
  readonly requestId: string;
  /** Media type without parameters, lower case; empty when there is none. */
  readonly mediaType: string;
  /** Names and values in turn, in the client's spelling. */
  readonly rawHeaders: readonly string[];
  /** Whoever waits for the answer. */
  readonly caller: Caller;
  /** A header by its name in lower case; undefined when it is not there. */
  header(name: string): string | undefined;
  /**
   * The body as named inputs: the fields of a form, or all of it as `body`.
   * @param maxBytes of the body, where the server's own limit is too much
   * @throws ServeError `request_too_large`, `cancelled` …, and `invalid_argument` for a form that is none
   */
  readInputs(maxBytes?: number): Promise<JobInput[]>;
}

/** A whole answer without its transport. */
export interface PlainResponse {
  /** Of HTTP. */
  readonly status: number;
  /** Reason phrase of the status line; HTTP's own when undefined. */
  readonly reason?: string | undefined;
  /** Names in lower case; those that every answer has are added by the transport. */
  readonly headers: Readonly<Record<string, string>>;
  /** A text is sent as UTF-8. */
  readonly body: Uint8Array | string;
}

/** A response whose body comes in parts. */
export interface StreamedResponse extends Omit<PlainResponse, 'body'> {
  /** Whoever sends it reads them, or calls `return` of their iterator. Reading throws a ServeError when they end early. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** A parameter as OpenAPI describes it. */
export interface Parameter {
  /** As it is spelt in the path or the query. */
  readonly name: string;
  /** Where it is given. */
  readonly in: 'path' | 'query';
  /** Of its JSON schema. */
  readonly type: 'string' | 'integer' | 'boolean';
  /** One sentence for people. */
  readonly description: string;
  /** Default false. */
  readonly required?: boolean;
  /** What counts when it is not given. */
  readonly default?: string | number | boolean;
  /** Of an integer. */
  readonly minimum?: number;
  /** Of a text; a regular expression. */
  readonly pattern?: string;
}

/** The body of a request as OpenAPI describes it. */
export interface BodyDescription {
  /** One sentence for people. */
  readonly description: string;
  /** JSON schema of a body that is JSON. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Media type of bodies that are other bytes, where those are taken as well; by default they are not. */
  readonly bytesAs?: 'application/octet-stream' | '*/*';
  /** Whether there may be no body; default false. */
  readonly isOptional?: boolean;
}

/**
 * Who may call an endpoint: whoever may ask for predictions, whoever may change models, whoever may make new keys, whoever
 * watches, or anybody.
 */
export type Audience = 'inference' | 'management' | 'tokens' | 'metrics' | 'open';

/** One row of a route table, and of the API description. */
export interface Endpoint {
  /** Who may call it, and at which address it is served. */
  readonly audience: Audience;
  /** HTTP method; `*` for any. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | '*';
  /**
   * Begins with a literal segment; `{name}` stands for a segment or a part of one, such as `{name}:predict`, and a last
   * segment `{name*}` for the rest of the path.
   */
  readonly path: string;
  /** Name in the API description, unique on a listener. */
  readonly operationId: string;
  /** One line of the API description. */
  readonly summary: string;
  /** Those of its path and its query. */
  readonly parameters: readonly Parameter[];
  /** Status → what it means. */
  readonly responses: Readonly<Record<number, string>>;
  /** Whether requests carry a body for the model. */
  readonly takesModelInput?: boolean;
  /** What a body is; by default anything where it is for the model, and nothing elsewhere. */
  readonly body?: BodyDescription;
  /** Whether a route of a handler's own may have its path and its method; default false. */
  readonly givesWay?: boolean;
  /** Media types of bodies for which it answers in place of the endpoint that has its path; by default its path is its own. */
  readonly forMediaTypes?: readonly string[];
  /** @throws ServeError, which the protocol's table turns into a response */
  readonly handle: (request: PlainRequest) => Promise<PlainResponse | StreamedResponse>;
}

/** What answers to failed requests may say of them. */
export type FailedRequest = Pick<PlainRequest, 'requestId' | 'header'>;

/** Endpoints that come and go. */
export interface LiveEndpoints {
  /** Those that there are now. Where they have the path and the method of another, they answer. */
  read(): readonly Endpoint[];
  /** Calls back after each change. */
  watch(listener: () => void): void;
}

/** The endpoints of one protocol on a listener, and how it words errors. */
export interface EndpointGroup {
  /** Name of the protocol. */
  readonly protocol: string;
  /** Of all audiences that the listener serves. */
  readonly endpoints: readonly Endpoint[];
  /** Those that come and go with models; by default none do. */
  readonly live?: LiveEndpoints | undefined;
  /** See `Protocol`. */
  readonly errorResponse: (error: unknown, request?: FailedRequest) => PlainResponse;
}
