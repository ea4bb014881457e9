/** What core needs of a worker process, from its start to its end; `worker/host` provides it. */
import type { BatchChannel } from '../batch-dispatcher.ts';
import type { HandlerSeries } from '../metrics.ts';
import type { ModelKey } from '../model-key.ts';
import type { ModelSignature } from '../model-signature.ts';
import type { WorkerUsage } from './recycle-policy.ts';

/** What a worker is to load. */
export interface WorkerSpec {
  /** The version that it serves. */
  readonly key: ModelKey;
  /** Unique in this daemon; TorchServe's port-like number as text. */
  readonly workerId: string;
  /** As in the manifest, or as a registration asked; one that is not there is refused at the start. */
  readonly runtime: string;
  /** Folder the archive was unpacked into. */
  readonly modelDir: string;
  /** Passed to the handler as it is. */
  readonly manifest: unknown;
  /** See `UnpackedModel`. */
  readonly digest?: string | undefined;
  /** JSON; passed to the handler as it is. */
  readonly modelConfig: string;
  /** Most jobs in a batch, ≥ 1; see `VersionSettings`. */
  readonly batchSize: number | 'auto';
  /** From the spawn to the loaded handler; the process is ended when it takes longer. Milliseconds. */
  readonly startupTimeoutMs: number;
  /** For one batch, from its turn to its answer; the process is ended when it takes longer. Milliseconds. */
  readonly responseTimeoutMs: number;
}

/** Whether rows of several requests go through a model together (how that was found out), or apart (why). */
export type RowMerging = { readonly merged: 'proven' | 'tried' | 'asked' } | { readonly apart: string };

/** One worker process, from spawn to exit. */
export interface WorkerLink {
  /** Undefined until the process exists, and when it could not be spawned. */
  readonly pid: number | undefined;
  /** Settles once: the handler is loaded, or a ServeError says why not (the process is then on its way out). */
  readonly ready: Promise<void>;
  /** Resolves when the process is gone, with a sentence that says how; never rejects. */
  readonly exited: Promise<string>;
  /** What its handler last told; undefined for one that does not merge rows itself. */
  readonly rows?: RowMerging | undefined;
  /** Why its handler says that it cannot answer, whose model is elsewhere; undefined when it can. */
  readonly problem?: string | undefined;
  /** Which model is behind its handler, as that tells it, where it is elsewhere; for people. */
  readonly predictor?: unknown;
  /** Whether its handler came with the server; undefined until it is ready. */
  readonly isBuiltIn?: boolean | undefined;
  /** What it has served for other processes of the server, as it last said; undefined for nothing. */
  readonly usedElsewhere?: WorkerUsage | undefined;
  /** What its model takes and gives; undefined until it is ready. */
  readonly signature?: ModelSignature | undefined;
  /** Undefined while there is no process. */
  readonly channel: BatchChannel | undefined;
  /** Asks the process to end, insists after a while, and resolves when it is gone. */
  stop(): Promise<void>;
}

/** Starts worker processes. */
export type WorkerLauncher = (spec: WorkerSpec, events: WorkerEvents) => WorkerLink;

/** What a worker reports beside its answers. */
export interface WorkerEvents {
  /** What its handler measured itself, as it comes. */
  handlerSamples(samples: readonly HandlerSeries[]): void;
  /** Asked when batches have waited for their turn: whether another worker could run them at once. */
  isAnotherIdle(): boolean;
  /** `usedElsewhere` has changed. */
  usedElsewhere(): void;
  /** `problem` has changed. */
  readinessChanged(): void;
  /** The model behind its handler may be another than before. */
  predictorChanged(): void;
  /** It sent what cannot be read, and is ended for it. */
  frameRefused(): void;
  /** So many lines of its output, or of its handler's log, were too many for the log. */
  linesDropped(count: number): void;
}
