/** A registered version in the words of TorchServe's describe call. */
import { shownSettings } from '@marserve/archiver/model-config';
import type { MemoryOf } from '../protocol.ts';
import { largestBatch } from '../../core/jobs/batch-size.ts';
import { redactSecrets } from '../../core/redact-secrets.ts';
import type { RegisteredVersion } from '../../core/registry/registered-version.ts';
import type { RowMerging } from '../../core/workers/worker-link.ts';
import type { WorkerRunner } from '../../core/workers/worker-runner.ts';

/** One element of the array that describe answers. */
export async function describeVersion(
  registered: RegisteredVersion,
  memoryOf: MemoryOf,
): Promise<Record<string, unknown>> {
  const { key, serving, model } = registered;
  const { settings, queue, runners, workers } = serving;
  const memory = await memoryOf(runners.flatMap(({ pid }) => (pid === undefined ? [] : [pid])));
  return {
    modelName: key.name,
    modelVersion: key.version,
    modelUrl: redactSecrets(model.url),
    modelDigest: model.digest,
    runtime: model.manifest.runtime,
    minWorkers: workers.min,
    maxWorkers: workers.max,
    ...shownSettings(settings, ({ parameter, isDescribed }) => parameter !== undefined || isDescribed === true),
    // Clients read a number.
    batchSize: largestBatch(
      settings.batchSize,
      runners.some(({ mergesJobs }) => mergesJobs),
    ),
    batchSizeIsAuto: settings.batchSize === 'auto' || undefined,
    loadedAtStartup: registered.registration.loadedAtStartup ?? false,
    rows: describeRows(runners),
    predictor: runners.find(({ predictor }) => predictor !== undefined)?.predictor,
    workers: runners.map((runner) => describeWorker(runner, memory)),
    goldenRequests: describeGolden(registered),
    warnings: model.warnings.length === 0 ? undefined : model.warnings,
    jobQueueStatus: { remainingCapacity: queue.capacity - queue.length, pendingRequests: queue.length },
  };
}

/** Workers try out rows on their own; one that keeps them apart is shown before others. Undefined while none has told. */
function describeRows(runners: readonly WorkerRunner[]): RowMerging | undefined {
  const told = runners.flatMap(({ rows }) => rows ?? []);
  return told.find((rows) => 'apart' in rows) ?? told[0];
}

/** Undefined for an archive without. */
function describeGolden({ golden }: RegisteredVersion): Record<string, unknown> | undefined {
  const { count, status, mismatch: message } = golden;
  return count === 0 ? undefined : { count, status, message };
}

function describeWorker(runner: WorkerRunner, memory: ReadonlyMap<number, number>): Record<string, unknown> {
  const { workerId: id, startedAt, pid, lastError, problem } = runner;
  return {
    id,
    startTime: startedAt.toISOString(),
    status: workerStatus(runner),
    memoryUsage: (pid !== undefined && memory.get(pid)) || 0,
    pid,
    gpu: false,
    gpuUsage: 'N/A',
    lastError,
    problem,
  };
}

function workerStatus({ state }: WorkerRunner): string {
  switch (state) {
    case 'ready':
    case 'busy':
      return 'READY';
    case 'starting':
      return 'LOADING';
    case 'waiting':
      return 'RESTARTING';
    case 'failed':
      return 'FAILED';
    case 'stopping':
    case 'stopped':
      return 'UNLOADING';
  }
}
