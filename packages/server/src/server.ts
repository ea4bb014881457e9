/** The composition root: the only file that knows every part, and the order in which they start and stop. */
import { setTimeout as sleep } from 'node:timers/promises';
import { linkRuntimePackages } from '@marserve/archiver/runtime-packages';
import { createApis, type SpokenProtocol } from './apis.ts';
import type { ServerConfig } from './config/schema.ts';
import { createSnapshotWriter } from './config/snapshots/snapshot-writer.ts';
import { ControlPlane } from './core/control-plane.ts';
import { createDataPlane } from './core/data-plane.ts';
import type { LogControl, Logger } from './core/logger.ts';
import type { ModelSource } from './core/registry/model-source.ts';
import { StartGate } from './core/workers/start-gate.ts';
import { StartupStatus } from './core/registry/startup-status.ts';
import { ModelRegistry } from './core/registry/model-registry.ts';
import { MemoryBudget } from './frontends/memory/memory-budget.ts';
import { ProcessSource } from './worker/host/process-source.ts';
import type { WorkerProcessOptions } from './worker/host/worker-process-options.ts';
import { corsOptions, createInterceptors } from './call-interceptors.ts';
import { memoryOf } from './observability/machine/process-memory.ts';
import { createPrometheusMetrics, type PrometheusMetrics } from './observability/metrics/prometheus.ts';
import { PROTOCOLS } from './protocols/index.ts';
import { createGoldenCodecs } from './golden-codecs.ts';
import { rpcCodecOf, type Planes, type ProtocolEntry } from './protocols/protocol.ts';
import { installLastGuard } from './last-guard.ts';
import { createGrpcApis } from './grpc-apis.ts';
import { isSameAddress, openListeners, type Listeners } from './listeners.ts';
import { workerLimits, workersAtStart } from './worker-limits.ts';
import { registrationDefaults } from './registration-defaults.ts';
import type { Tls } from './frontends/tls/tls.ts';
import { createServerTls } from './server-tls.ts';
import { SERVER_VERSION } from './server-version.ts';
import { loadStartupModels, type StartupOutcome, type StartupParts } from './startup-models.ts';
import { isNamed, planStartup, type StartupPlan } from './startup-plan.ts';
import { createModelStore } from './storage/model-store.ts';
import { createWorkDirectory, type WorkDirectory } from './storage/work-directory.ts';
import { letHeapGrow } from './system/grow-heap.ts';
import { availableResources, type Resources } from './system/available-resources.ts';
import { createArchiveReaders, createGoldenComparison } from './threads/archive-readers.ts';
import { createTaskThread, type RunTask } from './threads/task-thread.ts';
import { createTokenAuthorization, type TokenAuthorization } from './token-authorization.ts';
import { createVersionFactory } from './version-factory.ts';

/** A server that listens. */
export interface RunningServer {
  /** Where it listens, as URLs. */
  readonly addresses: Listeners['addresses'];
  /** Labels of the models that are being loaded; each gets one outcome. */
  readonly startupModels: readonly string[];
  /** Resolves when these models are registered, or have failed; their workers may still be starting then. */
  readonly loaded: Promise<void>;
  /** Reads the certificates anew; what cannot be used is logged, and the former ones are served on. */
  reloadCertificates(): void;
  /** Finishes what is queued, ends the workers, deletes what was unpacked. */
  stop(): Promise<void>;
}

/** What a server does beside its configuration. */
export interface ServerOptions {
  /** Called when it is known what has become of a model of the start. */
  readonly onStartupOutcome?: (outcome: StartupOutcome) => void;
  /** How many lines the log has lost since the start. */
  readonly lostLogLines?: () => number;
  /** Switches what is logged. */
  readonly logControl: LogControl;
  /** Where the models are written down after each change, and restored from; without it nothing outlives the server. */
  readonly snapshots?: {
    readonly folder: string;
    /** Key → text, of the configuration: each file has it, too. */
    readonly properties: Readonly<Record<string, string>>;
  };
}

/** How long the answers to what could not be finished may take to leave. */
const LAST_ANSWERS_MS = 1000;

/**
 * Opens the listeners and resolves; the models of before and those that the configuration names are loaded from then on.
 * @throws ListenError when an address cannot be opened, KeyFileError, TlsError
 */
export async function startServer(
  config: ServerConfig,
  logger: Logger,
  options: ServerOptions,
): Promise<RunningServer> {
  letHeapGrow();
  const tls = createServerTls(config, logger);
  const plan = await planStartup(config, options.snapshots?.folder, logger);
  const resources = availableResources();
  const atOnce = Math.max(2, resources.cores);
  const processes = createProcesses(config, resources);
  const workDirectory = await createWorkDirectory(config.workDir);
  processes.prepare(Math.min(atOnce, plan.models.length));
  const registry = new ModelRegistry(new StartupStatus(plan.models));
  const metrics = createMetrics(config, { ...options, registry, logger });
  const protocols = await loadProtocols(config.profile);
  const parts = { logger, metrics, protocols, resources, processes, gate: new StartGate({ atOnce }) };
  const controlPlane = createControlPlane(config, { ...options, ...parts, registry, workDirectory, plan });
  const removeGuard = installLastGuard({ logger, onError: () => metrics.internalError() });
  const tokens = createTokenAuthorization(config, logger);
  const dismantle = async (timeoutMs: number) => {
    await controlPlane.close(timeoutMs);
    tokens.close();
    tls?.close();
    metrics.close();
    await processes.close();
    await workDirectory.remove();
    removeGuard();
  };
  let listeners: Listeners | undefined;
  try {
    listeners = await openAll(config, { ...parts, ...options, controlPlane, tokens, tls });
    const opened = listeners;
    // A server that cannot listen leaves the keys of another in the same folder alone.
    tokens.publish();
    const report = (outcome: StartupOutcome) => options.onStartupOutcome?.(outcome);
    const loaded = loadModels(plan, { config, controlPlane, logger, report, processes });
    // Whoever stops the server first does not wait for it.
    loaded.catch(() => {});
    return {
      addresses: opened.addresses,
      startupModels: plan.models.map(({ label }) => label),
      loaded,
      reloadCertificates: () => tls?.reload(),
      stop: () => stop(config, opened, { dismantle }),
    };
  } catch (error) {
    await listeners?.close(0);
    await dismantle(0);
    throw error;
  }
}

/** What is not needed of the processes that were started ahead ends. */
async function loadModels(plan: StartupPlan, { processes, ...parts }: StartupParts & Pick<Parts, 'processes'>) {
  try {
    await loadStartupModels(plan, parts);
  } finally {
    await processes.close();
  }
}

/** Environment and threads are those of every worker. */
function createProcesses(config: ServerConfig, { threads }: Resources): ProcessSource {
  const { workerEnvVars: passedEnv, blacklistEnvVars: hiddenEnv } = config;
  return new ProcessSource({ passedEnv, hiddenEnv, threads });
}

interface MetricsParts extends Pick<ServerOptions, 'lostLogLines'> {
  readonly registry: ModelRegistry;
  readonly logger: Logger;
}

function createMetrics(config: ServerConfig, { registry, logger, lostLogLines }: MetricsParts): PrometheusMetrics {
  return createPrometheusMetrics({
    logger,
    registeredVersions: () => registry.all().length,
    ...(lostLogLines !== undefined && { lostLogLines }),
    ...(!config.disableSystemMetrics && { systemIntervalMs: config.metricTimeInterval * 1000 }),
  });
}

/** @param main name of the default one, which comes first */
async function loadProtocols(profile: string): Promise<SpokenProtocol[]> {
  const isMain = ({ profiles = [] }: ProtocolEntry) => profiles.includes(profile);
  const entries = [...PROTOCOLS].sort((one, other) => Number(isMain(other)) - Number(isMain(one)));
  return Promise.all(entries.map(async ({ name, load }) => ({ ...(await load(profile)), name })));
}

interface Parts {
  readonly logger: Logger;
  readonly metrics: PrometheusMetrics;
  readonly protocols: readonly SpokenProtocol[];
  readonly resources: Resources;
  readonly processes: ProcessSource;
  readonly gate: StartGate;
}

interface ControlParts extends Parts, ServerOptions {
  readonly registry: ModelRegistry;
  readonly workDirectory: WorkDirectory;
  readonly plan: StartupPlan;
}

function createControlPlane(config: ServerConfig, parts: ControlParts): ControlPlane {
  const { logger, protocols, registry, resources, processes, gate, workDirectory, plan, snapshots } = parts;
  const { metrics } = parts.metrics;
  const runTask = createTaskThread();
  const hasFailed = (item: string) =>
    plan.models.some((model) => isNamed(model, item) && registry.startup.hasFailed(model));
  const limits = workerLimits(config, resources);
  return new ControlPlane({
    registry,
    source: createSource(config, workDirectory, runTask),
    logger,
    goldenCodec: createGoldenCodecs(protocols, PROTOCOLS[0].name),
    compareGolden: createGoldenComparison(runTask),
    snapshots: snapshots && createSnapshotWriter({ ...snapshots, ...plan, hasFailed, logger }),
    toBeRestored: plan.found?.snapshot.versions,
    unregisterTimeoutMs: config.unregisterModelTimeout * 1000,
    workerLimits: limits,
    defaultsFor: registrationDefaults(config, workersAtStart(plan.models.length, limits, resources)),
    createVersion: createVersionFactory(config, {
      logger,
      metrics,
      registry,
      limits,
      processes,
      gate,
      replyProblem: replyProblemOf(protocols),
    }),
  });
}

/** What is wrong with the facts beside an answer, by the codec that made them. */
function replyProblemOf(protocols: readonly SpokenProtocol[]): WorkerProcessOptions['replyProblem'] {
  const checks = new Map(
    protocols.flatMap(({ name, replyProblem }) => [
      [name, replyProblem],
      [rpcCodecOf(name), replyProblem],
    ]),
  );
  return (codec, meta) => {
    const check = checks.get(codec);
    return check === undefined ? `an answer of the unknown codec "${codec}"` : check(meta);
  };
}

function createSource(config: ServerConfig, workDirectory: WorkDirectory, runTask: RunTask): ModelSource {
  return createModelStore({
    directory: config.modelStore,
    modelPath: config.modelPath,
    allowedUrls: config.allowedUrls,
    maxBytes: config.archiveMaxTotalSize,
    downloadTimeoutMs: config.downloadTimeout * 1000,
    unpackDirectory: workDirectory.models,
    ensureDirectory: () => workDirectory.ensure(),
    limits: {
      maxEntries: config.archiveMaxEntries,
      maxTotalBytes: config.archiveMaxTotalSize,
      maxRatio: config.archiveMaxRatio,
    },
    verifiesDigests: config.verifyArchives,
    linkPackages: linkRuntimePackages,
    ...createArchiveReaders(runTask),
  });
}

interface ListenerParts extends Parts {
  readonly controlPlane: ControlPlane;
  readonly tokens: TokenAuthorization;
  readonly tls: Tls | undefined;
  readonly logControl: LogControl;
}

async function openAll(config: ServerConfig, parts: ListenerParts): Promise<Listeners> {
  const { logger, logControl, metrics, controlPlane, protocols, resources, tokens, tls } = parts;
  const planes: Planes = {
    dataPlane: createDataPlane(controlPlane.registry, metrics.metrics),
    controlPlane,
    memoryOf,
    modelApiEnabled: config.enableModelApi,
    isManagedBesideInference: isSameAddress(config.inferenceAddress, config.managementAddress),
    serverVersion: SERVER_VERSION,
    profile: config.profile,
    logControl,
  };
  const apis = createApis(config, protocols, { planes, metrics, tokenEndpoints: tokens.endpoints });
  return openListeners([...apis, ...createGrpcApis(config)], {
    budget: new MemoryBudget(config.maxInflightBytes ?? Math.floor(resources.memoryBytes / 4)),
    interceptor: createInterceptors(config, { logger, metrics, authorization: tokens.interceptors }),
    logger,
    onInternalError: () => metrics.internalError(),
    planes,
    cors: corsOptions(config),
    isCompressing: config.responseCompression,
    version: SERVER_VERSION,
    bodyLimits: { maxBytes: config.maxRequestSize, timeoutMs: config.requestBodyTimeout * 1000 },
    headerTimeoutMs: config.requestHeaderTimeout * 1000,
    idleTimeoutMs: config.keepAliveTimeout * 1000,
    maxConnections: config.maxConnections,
    grpc: { maxStreams: config.grpcMaxConcurrentStreams, pingIntervalMs: config.grpcMinPingIntervalMs },
    tls,
    writeTimeoutMs: config.responseWriteTimeout * 1000,
  });
}

interface StopParts {
  /** @param timeoutMs for what is still queued; it is answered then, as failed */
  readonly dismantle: (timeoutMs: number) => Promise<void>;
}

/** New connections are refused first; what was accepted is answered before the workers go. */
async function stop({ shutdownTimeout }: ServerConfig, listeners: Listeners, parts: StopParts): Promise<void> {
  const deadline = performance.now() + shutdownTimeout * 1000;
  const closed = listeners.close(shutdownTimeout * 1000 + LAST_ANSWERS_MS);
  await Promise.race([closed, sleep(shutdownTimeout * 1000, undefined, { ref: false })]);
  await parts.dismantle(Math.max(0, deadline - performance.now()));
  await closed;
}
