/** The composition root: the only file that knows every part, and the order in which they start and stop. */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createArchiveSource, createWorkflowSource } from './archive-source.ts';
import { createApis, type SpokenProtocol } from './apis.ts';
import type { ServerConfig } from './config/schema.ts';
import { createSnapshotWriter } from './config/snapshots/snapshot-writer.ts';
import { ControlPlane } from './core/control-plane.ts';
import { createDataPlane } from './core/data-plane.ts';
import type { LogControl, Logger } from './core/logger.ts';
import { StartGate } from './core/workers/start-gate.ts';
import { createExplainerOf } from './core/registry/explainers.ts';
import { createRouteSource } from './core/registry/model-routes.ts';
import { StartupStatus } from './core/registry/startup-status.ts';
import { ModelRegistry } from './core/registry/model-registry.ts';
import { ProcessSource } from './worker/host/process-source.ts';
import { memoryOf } from './observability/machine/process-memory.ts';
import { createPrometheusMetrics, type PrometheusMetrics } from './observability/metrics/prometheus.ts';
import { PROTOCOLS } from './protocols/index.ts';
import { createGoldenCodecs } from './golden-codecs.ts';
import type { Planes } from './protocols/protocol.ts';
import { loadProtocols, replyProblemOf } from './spoken-protocols.ts';
import { installLastGuard } from './last-guard.ts';
import { frontEndCount } from './front-end-count.ts';
import type { FrontEnds, FrontEndsParts } from './front-ends.ts';
import { createGrpcApis } from './grpc-apis.ts';
import { createListenersOptions } from './listener-options.ts';
import { isSameAddress, openListeners, type Listeners } from './listeners.ts';
import { workerLimits, workersAtStart } from './worker-limits.ts';
import { registrationDefaults } from './registration-defaults.ts';
import { RouteRules } from './frontends/routes/route-rules.ts';
import type { Tls } from './frontends/tls/tls.ts';
import { createServerTls } from './server-tls.ts';
import { servedEndpoints } from './served-endpoints.ts';
import { SERVER_VERSION } from './server-version.ts';
import { loadStartupModels, type StartupOutcome, type StartupParts } from './startup-models.ts';
import { isNamed, planStartup, type StartupPlan } from './startup-plan.ts';
import { createWorkDirectory, type WorkDirectory } from './storage/work-directory.ts';
import { adjustHeap } from './system/adjust-heap.ts';
import { availableResources, type Resources } from './system/available-resources.ts';
import { createGoldenComparison } from './threads/archive-readers.ts';
import { createTaskThread, type RunTask } from './threads/task-thread.ts';
import { dismantleAll } from './dismantle.ts';
import { createTokenAuthorization, type TokenAuthorization } from './token-authorization.ts';
import { Deployments } from './deployment/deployments.ts';
import { Workflows } from './deployment/workflows/workflows.ts';
import { createDeploymentEndpoints } from './protocols/deployment-endpoints.ts';
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
  /** Where front ends log. */
  readonly log: FrontEndsParts['log'];
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
  const tokens = createTokenAuthorization(config, logger, (keys) => frontEnds?.tellKeys(keys));
  const gate = new StartGate({ atOnce });
  const folder = path.dirname(workDirectory.models);
  const shared = { ...options, logger, metrics, registry, folder, keys: () => tokens.keys() };
  const frontEnds = await prepareFrontEnds(config, resources, shared);
  const parts = { ...shared, routeRules: new RouteRules(registry), protocols, resources, processes, gate, frontEnds };
  const control = createControl(config, { ...parts, workDirectory, plan });
  const removeGuard = installLastGuard({ logger, onError: () => metrics.internalError() });
  const closing = { ...control, tokens, tls, metrics, processes, workDirectory, removeGuard };
  const dismantle = (timeoutMs: number) => dismantleAll(closing, timeoutMs);
  let listeners: Listeners | undefined;
  try {
    listeners = await openAll(config, { ...parts, ...control, tokens, tls });
    const opened = listeners;
    adjustHeap();
    // A server that cannot listen leaves the keys of another in the same folder alone.
    tokens.publish();
    const report = (outcome: StartupOutcome) => options.onStartupOutcome?.(outcome);
    const loaded = loadModels(plan, { config, ...control, logger, report, processes });
    // Whoever stops the server first does not wait for it.
    loaded.catch(() => {});
    return {
      addresses: opened.addresses,
      startupModels: plan.models.map(({ label }) => label),
      loaded,
      reloadCertificates() {
        tls?.reload();
        frontEnds?.reloadCertificates();
      },
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

interface Parts {
  readonly routeRules: RouteRules;
  readonly logger: Logger;
  readonly metrics: PrometheusMetrics;
  readonly protocols: readonly SpokenProtocol[];
  readonly resources: Resources;
  readonly processes: ProcessSource;
  readonly gate: StartGate;
  /** Undefined where this process is all that reads requests. */
  readonly frontEnds: FrontEnds | undefined;
}

interface ControlParts extends Parts, ServerOptions {
  readonly registry: ModelRegistry;
  readonly workDirectory: WorkDirectory;
  readonly plan: StartupPlan;
}

function createControl(
  config: ServerConfig,
  parts: ControlParts,
): Pick<ListenerParts, 'controlPlane' | 'deployments' | 'workflows'> {
  const runTask = createTaskThread();
  const controlPlane = createControlPlane(config, { ...parts, runTask });
  const { logger } = parts;
  const readWorkflow = createWorkflowSource(config, runTask);
  const archives = config.archives ?? {};
  const deployments = new Deployments({ controlPlane, logger, runTask, readWorkflow, archives });
  return { controlPlane, deployments, workflows: new Workflows({ controlPlane, logger, deployments, readWorkflow }) };
}

function createControlPlane(config: ServerConfig, parts: ControlParts & { readonly runTask: RunTask }): ControlPlane {
  const { logger, protocols, registry, resources, processes, gate, workDirectory, plan, snapshots, frontEnds } = parts;
  const { metrics } = parts.metrics;
  const { runTask } = parts;
  const hasFailed = (item: string) =>
    plan.models.some((model) => isNamed(model, item) && registry.startup.hasFailed(model));
  const limits = workerLimits(config, resources);
  return new ControlPlane({
    registry,
    source: createArchiveSource(config, workDirectory, runTask),
    logger,
    goldenCodec: createGoldenCodecs(protocols, PROTOCOLS[0].name),
    compareGolden: createGoldenComparison(runTask),
    snapshots: snapshots && createSnapshotWriter({ ...snapshots, ...plan, hasFailed, logger }),
    toBeRestored: plan.found?.snapshot.versions,
    admitRoutes: parts.routeRules.admit,
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
      seat: frontEnds?.seat,
      replyProblem: replyProblemOf(protocols),
    }),
  });
}

interface ListenerParts extends Parts {
  readonly controlPlane: ControlPlane;
  readonly deployments: Deployments;
  readonly workflows: Workflows;
  readonly tokens: TokenAuthorization;
  readonly tls: Tls | undefined;
  readonly logControl: LogControl;
}

function openAll(config: ServerConfig, parts: ListenerParts): Promise<Listeners> {
  const { frontEnds, logControl, metrics, controlPlane, protocols, resources, tokens } = parts;
  const planes: Planes = {
    dataPlane: createDataPlane(controlPlane.registry, metrics.metrics),
    explainerOf: createExplainerOf(controlPlane.registry, ({ model }) => model.explains),
    routes: createRouteSource(controlPlane.registry, ({ model }) => model.routes),
    controlPlane,
    workflows: parts.workflows,
    memoryOf,
    modelApiEnabled: config.enableModelApi,
    isManagedBesideInference: isSameAddress(config.inferenceAddress, config.managementAddress),
    serverVersion: SERVER_VERSION,
    profile: config.profile,
    logControl: frontEnds?.logControl ?? logControl,
  };
  const ownEndpoints = [
    ...tokens.endpoints,
    ...createDeploymentEndpoints({ ...planes, deployments: parts.deployments }),
  ];
  const apis = createApis(config, protocols, { planes, metrics, ownEndpoints });
  for (const api of apis) parts.routeRules.reserve(servedEndpoints([api], SERVER_VERSION).groups);
  const { memoryBytes } = resources;
  const options = createListenersOptions(config, {
    ...parts,
    planes,
    authorization: tokens.interceptors,
    memoryBytes,
  });
  const grpcApis = createGrpcApis(config);
  if (frontEnds !== undefined) return frontEnds.open(apis, grpcApis, options);
  return openListeners([...apis, ...grpcApis], options);
}

/** Where there are none, nothing of them is loaded. */
async function prepareFrontEnds(
  config: ServerConfig,
  { cores }: Resources,
  parts: Omit<FrontEndsParts, 'count'>,
): Promise<FrontEnds | undefined> {
  const count = frontEndCount(config.frontends, cores);
  if (count === 1) return undefined;
  const { createFrontEnds } = await import('./front-ends.ts');
  return createFrontEnds(config, { ...parts, count });
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
