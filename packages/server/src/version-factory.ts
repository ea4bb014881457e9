/** Makes the versions of models that a server registers: their workers' numbers, limits and processes. */
import { createAskedModels } from './asked-models.ts';
import { withPredictor } from './config/predictor-settings.ts';
import type { ServerConfig } from './config/schema.ts';
import type { ControlPlaneOptions } from './core/control-plane.ts';
import { createDataPlane } from './core/data-plane.ts';
import type { Logger } from './core/logger.ts';
import type { Metrics } from './core/metrics.ts';
import { ModelVersion } from './core/model-version.ts';
import type { ModelRegistry } from './core/registry/model-registry.ts';
import type { UnpackedModel } from './core/registry/model-source.ts';
import type { StartGate } from './core/workers/start-gate.ts';
import { hasRoom, type WorkerLimits } from './core/workers/worker-limits.ts';
import type { WorkerLink } from './core/workers/worker-link.ts';
import { SERVER_VERSION } from './server-version.ts';
import { launchAfter } from './worker/host/launch-after.ts';
import { createWorkerLauncher } from './worker/host/launch-worker.ts';
import type { ProcessSource } from './worker/host/process-source.ts';
import type { WorkerProcessOptions } from './worker/host/worker-process-options.ts';

/** What the versions of a server have in common. */
export interface VersionFactoryParts {
  /** Each version makes its own of it, with model and version in its fields. */
  readonly logger: Logger;
  /** Where versions and workers tell what happens. */
  readonly metrics: Metrics;
  /** Where the workers of all versions are counted. */
  readonly registry: ModelRegistry;
  /** How many workers there may be. */
  readonly limits: WorkerLimits;
  /** Where workers get their processes. */
  readonly processes: ProcessSource;
  /** How many workers start at a time. */
  readonly gate: StartGate;
  /** Where front ends find workers; undefined where there are none. */
  readonly seat: WorkerProcessOptions['seat'];
  /** See `WorkerProcessOptions`. */
  readonly replyProblem: WorkerProcessOptions['replyProblem'];
}

/** TorchServe numbers its workers like ports, from here. */
const FIRST_WORKER_ID = 9000;

/** Gives a function that makes a version of an unpacked model; its workers start when it is scaled. */
export function createVersionFactory(
  config: ServerConfig,
  { logger, metrics, registry, limits, processes, gate, seat, replyProblem }: VersionFactoryParts,
): ControlPlaneOptions['createVersion'] {
  const launch = createWorkerLauncher({
    logger,
    serverVersion: SERVER_VERSION,
    maxResponseBytes: config.maxResponseSize,
    serviceEnvelope: config.serviceEnvelope,
    experiments: {
      store: config.experimentStore,
      maxAgeMs: 1000 * config.experimentMaxAge,
      maxDecisions: config.experimentMaxDecisions,
    },
    processes,
    seat,
    replyProblem,
    asked: createAskedModels(config, createDataPlane(registry, metrics), (asking) => {
      const { maxInflightBytes: bytes = 0 } = registry.find(asking)?.serving.settings ?? {};
      return { bytes, ofOne: bytes };
    }),
  });
  let lastWorkerId = FIRST_WORKER_ID - 1;
  return (key, model, settings) => {
    const { manifest, modelDir, digest } = model;
    const modelConfig = withPredictor(model.modelConfig, config, key.name);
    const { runtime } = manifest;
    const { batchSize, startupTimeoutMs, responseTimeoutMs } = settings;
    const files = { manifest, digest, modelDir, modelConfig };
    const spec = { key, runtime, ...files, batchSize, startupTimeoutMs, responseTimeoutMs };
    const versionLogger = logger.child({ model: key.name, version: key.version });
    return new ModelVersion({
      key,
      settings,
      metrics,
      logger: versionLogger,
      nextWorkerId: () => String((lastWorkerId += 1)),
      gate,
      mayGrow: () => hasRoom(registry, limits),
      launch: (workerId, events) => launchWithFiles(model, versionLogger, () => launch({ ...spec, workerId }, events)),
    });
  };
}

function launchWithFiles(model: UnpackedModel, logger: Logger, launch: () => WorkerLink): WorkerLink {
  const restored = model.restoreFiles();
  if (restored === undefined) return launch();
  logger.warn('files of the model are gone: its archive is unpacked again', { folder: model.modelDir });
  return launchAfter(restored, launch);
}
