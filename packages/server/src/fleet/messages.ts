/** What the server's main process and its front ends say to each other; plain data, over the channel that Node gives them. */
import type { ServerConfig } from '../config/schema.ts';
import type { ErrorCode, ErrorDetails } from '../core/errors.ts';
import type { JobInput } from '../core/jobs/job.ts';
import type { VersionFigures } from '../core/jobs/version-statistics.ts';
import type { LogKinds } from '../core/logger.ts';
import type { ModelKey } from '../core/model-key.ts';
import type { ModelRoute } from '../core/registry/model-routes.ts';
import type { MissingModel } from '../core/registry/startup-status.ts';
import type { VersionSettings } from '../core/registry/version-settings.ts';
import type { GrpcListenerName, ListenerName } from '../frontends/connections/listen-error.ts';
import type { TokenKeySet } from '../interceptors/token-keys.ts';
import type { TakenMetrics } from '../observability/metrics/taken-metrics.ts';
import type { PlainResponse } from '../protocols/endpoint.ts';

/** A worker that a front end can give batches. */
export interface WorkerState {
  /** Of this process of the worker, unique in the server. */
  readonly seat: number;
  /** Its name; the same for each of its processes. */
  readonly workerId: string;
  /** Of its socket in the file system. */
  readonly address: string;
  /** Its byte on the version's board. */
  readonly slot: number;
}

/** What a front end needs to know of a version to admit requests to it and run them. */
export interface VersionState {
  /** Name and version. */
  readonly key: ModelKey;
  /** See `RegisteredVersion`. */
  readonly serial: number;
  /** Whether requests that name no version go to it. */
  readonly isDefault: boolean;
  /** How it is served. */
  readonly settings: VersionSettings;
  /** Paths that its handler answers itself. */
  readonly routes: readonly ModelRoute[];
  /** See `UnpackedModel`. */
  readonly explains?: string | undefined;
  /** File in which its workers show what they do. */
  readonly board: string;
  /** Those that can be given batches. */
  readonly workers: readonly WorkerState[];
  /** Why no job may be handed in, as the client is told; undefined when it may. */
  readonly refusal?: SentError;
  /** Whether its number of workers follows the load, of which the main process is to be told. */
  readonly scales: boolean;
  /** Whether it is not known yet if it answers its golden requests rightly. */
  readonly isOpen: boolean;
  /** Why it does not serve requests that name no version. */
  readonly mismatch?: SentError;
}

/** The registry, as far as front ends need it. */
export interface RegistryState {
  /** All versions that are registered. */
  readonly versions: readonly VersionState[];
  /** Models of the start that are not registered. */
  readonly missing: readonly MissingModel[];
}

/** A ServeError. */
export interface SentError {
  /** Its code. */
  readonly code: ErrorCode;
  /** For the client. */
  readonly message: string;
  /** Facts beside it. */
  readonly details: ErrorDetails;
}

/** What of a request to an endpoint the main process needs. */
export interface SentRequest {
  /** Protocol of the endpoint, and its operation there. */
  readonly endpoint: { readonly protocol: string; readonly audience: string; readonly operationId: string };
  /** As in `PlainRequest`. */
  readonly method: string;
  /** As in `PlainRequest`. */
  readonly target: string;
  /** As in `PlainRequest`. */
  readonly params: Readonly<Record<string, string>>;
  /** As in `PlainRequest`. */
  readonly requestId: string;
  /** As in `PlainRequest`. */
  readonly mediaType: string;
  /** As in `PlainRequest`. */
  readonly rawHeaders: readonly string[];
  /** The body, read. */
  readonly inputs: readonly JobInput[];
}

/** What of a remote procedure call the main process needs. */
export interface SentCall {
  /** Service with its package, and procedure. */
  readonly rpc: { readonly service: string; readonly name: string };
  /** The client's one message. */
  readonly message: Uint8Array;
  /** As in `PlainCall`. */
  readonly requestId: string;
  /** As in `PlainCall`. */
  readonly rawHeaders: readonly string[];
  /** As in `PlainCall`. */
  readonly timeoutMs?: number;
}

/** What has become of a forwarded call; messages of a stream come before. */
export type CallResult =
  | { readonly kind: 'response'; readonly response: PlainResponse }
  | { readonly kind: 'headers'; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'message'; readonly message: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly error: SentError };

/** What a front end has counted since it was last asked. */
export interface FrontEndCounts {
  /** Of its metrics. */
  readonly metrics: TakenMetrics;
  /** Of each version. */
  readonly figures: readonly { readonly key: ModelKey; readonly figures: VersionFigures }[];
  /** Jobs that wait for each version now. */
  readonly queues: readonly { readonly key: ModelKey; readonly length: number }[];
}

/** How many jobs of a version wait in a front end, and for how long. */
export interface VersionDemand {
  /** The version. */
  readonly key: ModelKey;
  /** How long the next job has waited; undefined when none waits. Milliseconds. */
  readonly waitedMs?: number;
  /** How long ago a batch last took the only worker that was idle. Milliseconds. */
  readonly saturatedMs: number;
}

/** What a front end is started with. */
export interface FrontEndStart {
  /** Its number, from 1; also on boards. */
  readonly number: number;
  /** How many there are, for the limits that they share. */
  readonly count: number;
  /** The server's own. */
  readonly config: ServerConfig;
  /** Whether lines of the log are for people. */
  readonly isLogPretty: boolean;
  /** Which lines are logged. */
  readonly logKinds: LogKinds;
  /** Undefined where no API needs tokens. */
  readonly keys: TokenKeySet | undefined;
}

/** Main process → front end. */
export type MainMessage =
  | { readonly kind: 'start'; readonly start: FrontEndStart }
  | { readonly kind: 'state'; readonly revision: number; readonly state: RegistryState }
  | { readonly kind: 'workerGone'; readonly seat: number; readonly error: SentError }
  | { readonly kind: 'result'; readonly call: number; readonly result: CallResult }
  | { readonly kind: 'count'; readonly question: number }
  | { readonly kind: 'keys'; readonly keys: TokenKeySet }
  | { readonly kind: 'logKinds'; readonly kinds: LogKinds }
  | { readonly kind: 'reloadCertificates' }
  | { readonly kind: 'ping' }
  | { readonly kind: 'stop'; readonly timeoutMs: number };

/** Where a front end listens. */
export type FrontEndAddresses = Readonly<Partial<Record<ListenerName | GrpcListenerName, string>>>;

/** Front end → main process. */
export type FrontEndMessage =
  | { readonly kind: 'up' }
  | { readonly kind: 'listening'; readonly addresses: FrontEndAddresses }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'holds'; readonly revision: number; readonly seats: readonly number[] }
  | { readonly kind: 'request'; readonly call: number; readonly request: SentRequest }
  | { readonly kind: 'call'; readonly call: number; readonly sent: SentCall }
  | { readonly kind: 'callerGone'; readonly call: number }
  | { readonly kind: 'pong' }
  | { readonly kind: 'counts'; readonly question: number; readonly counts: FrontEndCounts }
  | { readonly kind: 'demand'; readonly demands: readonly VersionDemand[] }
  | { readonly kind: 'workerFailed'; readonly seat: number; readonly error: SentError };
