/** The first message to a worker, and what may come back. */
import { MOST_AHEAD } from '../../core/jobs/part-stream.ts';
import { largestBatch } from '../../core/jobs/batch-size.ts';
import type { WorkerSpec } from '../../core/workers/worker-link.ts';
import type { AskAmount, ExperimentsPlace, LoadMessage, WorkerSharing } from '../../wire/daemon-message.ts';
import type { FrameLimits } from '../../wire/frame.ts';

/** What the server says to all workers. */
export interface LoadOptions {
  /** See `LoadMessage`. */
  readonly serverVersion: string;
  /** Longest answer to one request, or part of one. */
  readonly maxResponseBytes: number;
  /** Of models that name none. */
  readonly serviceEnvelope?: string | undefined;
  /** Told to the workers of graphs. */
  readonly experiments?: ExperimentsPlace | undefined;
  /** See `LoadMessage`. */
  readonly asksAhead: AskAmount;
  /** See `LoadMessage`. */
  readonly sharing?: WorkerSharing | undefined;
}

/** Room for headers beside the answers of a batch: that of samples and log lines, and so much for each answer. */
const HEADER_BYTES = 1 << 20;
const ANSWER_HEADER_BYTES = 1 << 17;
/** Answers of a usual size are read to where they stay. */
const BYTES_AHEAD = 8 << 20;

/** How long the frames of a worker may be. @param askBytes longest question to another model */
export function frameLimits(maxResponseBytes: number, batchSize: number, askBytes: number): FrameLimits {
  const maxHeaderBytes = HEADER_BYTES + batchSize * ANSWER_HEADER_BYTES;
  const maxPayload = Math.max(batchSize * maxResponseBytes, askBytes);
  return { maxHeaderBytes, maxBytes: maxHeaderBytes + maxPayload, maxBytesAhead: BYTES_AHEAD };
}

/** What a worker hears first. */
export function loadMessage(spec: WorkerSpec, options: LoadOptions): LoadMessage {
  const { modelDir, manifest, digest, modelConfig, responseTimeoutMs } = spec;
  // Nobody's own handler is given more where nobody said so.
  const batchSize = largestBatch(spec.batchSize, false);
  const { serverVersion, maxResponseBytes, serviceEnvelope, experiments, asksAhead, sharing } = options;
  return {
    kind: 'load',
    modelDir,
    manifest,
    digest,
    modelConfig,
    batchSize,
    gpuId: -1,
    serverVersion,
    serviceEnvelope,
    // It may have a password, which concerns no other handler.
    experiments: isGraph(manifest) ? experiments : undefined,
    sharing,
    maxResponseBytes,
    partsAhead: MOST_AHEAD,
    responseTimeoutMs,
    asksAhead,
  };
}

/** The manifest was checked when it was read. */
function isGraph(manifest: unknown): boolean {
  return (manifest as { readonly model?: { readonly handler?: unknown } }).model?.handler === 'graph';
}
