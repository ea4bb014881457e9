/** The one error class of the server and its closed set of codes; each protocol owns a table from code to its status. */

/** Everything that can go wrong, from the point of view of a caller. */
export type ErrorCode =
  /** A parameter of the request is missing or wrong. */
  | 'invalid_argument'
  /** The caller has not shown that they may; `details.challenge` says how they could. */
  | 'unauthenticated'
  /** Whoever the caller is, this is not for them. */
  | 'permission_denied'
  /** No such path. */
  | 'route_not_found'
  /** The path exists, for other methods. */
  | 'method_not_allowed'
  | 'model_not_found'
  | 'version_not_found'
  | 'archive_not_found'
  /** An archive address that `allowed_urls` does not admit. */
  | 'url_not_allowed'
  | 'download_failed'
  /** The model store already holds a file of the name to be downloaded. */
  | 'file_exists'
  /** An archive, manifest or model config that is not one. */
  | 'invalid_archive'
  /** The files of an archive could not be written here, as on a full disk. */
  | 'storage_failed'
  | 'already_registered'
  | 'default_version_in_use'
  /** Others that are registered cannot do without it. */
  | 'model_needed'
  /** No workflow is registered under the name. */
  | 'workflow_not_found'
  /** Of the models of a workflow, some could not be registered; none of them is. */
  | 'workflow_failed'
  /** Models that it cannot do without were not ready in time. */
  | 'needs_not_ready'
  /** A model would ask itself in the end, or through too many others. */
  | 'circular_needs'
  /** Another version is on its way to be the default one, and takes this one's place. */
  | 'replacement_under_way'
  /** The version does not answer its golden requests as its archive expects. */
  | 'golden_mismatch'
  /** The default version is one of those: only requests that name it are served. */
  | 'default_version_not_ready'
  /** The start asked for the model, and it is still being loaded. */
  | 'model_starting'
  /** The start asked for the model, and it could not be loaded. */
  | 'model_failed'
  /** As many jobs wait as `job_queue_size` allows. */
  | 'queue_full'
  /** Nobody can serve the job: no worker was asked for, or none could be started. */
  | 'no_worker'
  | 'worker_start_failed'
  /** The worker's process ended while it held the job. */
  | 'worker_died'
  | 'response_timeout'
  /** The job's time was over before it was answered. */
  | 'deadline_exceeded'
  | 'unregister_timeout'
  | 'request_too_large'
  | 'headers_too_large'
  /** The body did not come to its end in time. */
  | 'request_timeout'
  /** The body is encoded in a way that nobody here can decode; `details.accepted` has those that can be. */
  | 'unsupported_encoding'
  /** What is on its way through the server takes all the memory that it may. */
  | 'overloaded'
  | 'response_too_large'
  /** The handler's own answer: its message, and its status in `details.status`. */
  | 'prediction'
  /** The handler threw something else than a PredictionError. */
  | 'handler_failed'
  /** The handler broke its contract: not an array, wrong length, a result that cannot be sent. */
  | 'invalid_result'
  /** The handler cannot do what was asked (explain). */
  | 'not_implemented'
  /** The client went away. */
  | 'cancelled'
  | 'shutting_down'
  | 'internal';

/** Facts beside the message that a protocol may pass on. */
export interface ErrorDetails {
  /** The status that a handler chose with PredictionError; opaque here. */
  readonly status?: number;
  /** Headers that a handler had set on the answer when it failed. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Seconds after which trying again may help. */
  readonly retryAfterSeconds?: number;
  /** What proves who the caller is, as `WWW-Authenticate` says it (RFC 9110, 11.6.1). */
  readonly challenge?: string;
  /** What would have been taken in place of what came. */
  readonly accepted?: readonly string[];
  /** The methods that the path takes; opaque here. */
  readonly allowed?: readonly string[];
}

/** An error with a code and a message that a caller can act on. */
export class ServeError extends Error {
  override readonly name = 'ServeError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: ErrorDetails & { readonly cause?: unknown } = {}) {
    const { cause, ...details } = options;
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }
}

/** The error itself when it is a ServeError; anything else becomes `internal`, kept as the cause for the log. */
export function toServeError(error: unknown): ServeError {
  if (error instanceof ServeError) return error;
  return new ServeError('internal', 'Internal server error', { cause: error });
}

/** Whether it is a fault of the server, which whoever runs the request logs and counts: nobody else answers it. */
export function isFault(error: unknown): boolean {
  return toServeError(error).code === 'internal';
}

/** What a job ends with whose client gave it up. */
export function clientGone(): ServeError {
  return new ServeError('cancelled', 'The client went away');
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
