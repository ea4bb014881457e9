/** A front end: a process that reads requests and writes answers, and gives workers batches, as the main process tells it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createApis, type SpokenProtocol } from './apis.ts';
import { createAskedModels } from './asked-models.ts';
import type { ServerConfig } from './config/schema.ts';
import { createAdmission } from './core/admission.ts';
import type { ControlPlane } from './core/control-plane.ts';
import type { DataPlane } from './core/data-plane.ts';
import type { LogControl, Logger } from './core/logger.ts';
import { messageOf } from './core/errors.ts';
import { createExplainerOf } from './core/registry/explainers.ts';
import { createRouteSource } from './core/registry/model-routes.ts';
import { ModelRegistry } from './core/registry/model-registry.ts';
import { MainCalls } from './fleet/front-end/main-calls.ts';
import { Replica } from './fleet/front-end/replica.ts';
import type { FrontEndMessage, FrontEndStart, MainMessage } from './fleet/messages.ts';
import { receivedError, sentError } from './fleet/sent-error.ts';
import { splitApis } from './front-end-apis.ts';
import { createGrpcApis } from './grpc-apis.ts';
import { installLastGuard } from './last-guard.ts';
import { createListenersOptions } from './listener-options.ts';
import { isSameAddress, openListeners, type Listeners } from './listeners.ts';
import { createLogger, type LogOutput } from './observability/logs/logger.ts';
import { memoryOf } from './observability/machine/process-memory.ts';
import { createPrometheusMetrics, type PrometheusMetrics } from './observability/metrics/prometheus.ts';
import type { Planes } from './protocols/protocol.ts';
import type { RpcService } from './protocols/rpc.ts';
import { createServerTls } from './server-tls.ts';
import type { Tls } from './frontends/tls/tls.ts';
import { SERVER_VERSION } from './server-version.ts';
import { createDeploymentEndpoints } from './protocols/deployment-endpoints.ts';
import { loadProtocols, replyProblemOf } from './spoken-protocols.ts';
import { availableResources } from './system/available-resources.ts';
import { adjustHeap } from './system/adjust-heap.ts';
import { adoptTokenAuthorization, type AdoptedAuthorization } from './token-authorization.ts';

/** How long the answers to what could not be finished may take to leave. */
const LAST_ANSWERS_MS = 1000;
/** How often the main process is told who waits, where the number of workers follows that. */
const DEMAND_MS = 100;

type Send = (message: FrontEndMessage) => void;

/** Serves until the main process ends it, or ends itself. */
export function runFrontEnd(): void {
  // They go to the whole process group, as from a terminal or a service manager: the main process drains, then ends this one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  process.once('disconnect', () => process.exit(0));
  const send: Send = (message) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => {});
  };
  let running: Promise<FrontEnd> | undefined;
  process.on('message', (message: MainMessage) => {
    if (message.kind === 'start') running = createFrontEnd(message.start, send);
    running?.then((frontEnd) => (message.kind === 'start' ? undefined : frontEnd.receive(message))).catch(fail);
  });
  send({ kind: 'up' });
}

/** What keeps it from starting is the main process's to say. */
function fail(error: unknown): void {
  const message: FrontEndMessage = { kind: 'failed', message: messageOf(error) };
  process.send?.(message, undefined, undefined, () => process.exit(1));
}

interface Parts {
  readonly start: FrontEndStart;
  readonly log: LogOutput;
  readonly logger: Logger;
  readonly metrics: PrometheusMetrics;
  readonly replica: Replica;
  readonly calls: MainCalls;
  readonly tokens: AdoptedAuthorization;
  readonly tls: Tls | undefined;
  readonly protocols: readonly SpokenProtocol[];
}

async function createFrontEnd(start: FrontEndStart, send: Send): Promise<FrontEnd> {
  const { config, number, isLogPretty, logKinds, keys } = start;
  const log = await createLogger({ level: 'debug', format: isLogPretty ? 'pretty' : 'json' });
  log.control.switch(logKinds);
  process.once('exit', () => log.flushSync());
  const logger = log.logger.child({ frontEnd: number });
  const metrics = createPrometheusMetrics({ logger });
  installLastGuard({ logger, onError: () => metrics.internalError() });
  const protocols = await loadProtocols(config.profile);
  const replica: Replica = new Replica({
    ...start,
    maxResponseBytes: config.maxResponseSize,
    replyProblem: replyProblemOf(protocols),
    asked: createAskedModels(
      config,
      {
        ...ELSEWHERE,
        admit: (name, version) => createAdmission(replica.registry, metrics.metrics)(name, version),
      },
      (asking) => replica.registry.find(asking)?.inflightLimit,
    ),
    metrics: metrics.metrics,
    logger,
    closeTimeoutMs: config.unregisterModelTimeout * 1000,
    onWorkerFailed: (seat, error) => send({ kind: 'workerFailed', seat, error: sentError(error) }),
    onWorkerLeft: () => frontEnd.tellHeld(),
    onFirstDemand: () => frontEnd.tellDemand(),
  });
  const tokens = adoptTokenAuthorization(config, keys);
  const tls = createServerTls(config, logger);
  const calls = new MainCalls(send);
  const frontEnd = new FrontEnd({ start, log, logger, metrics, replica, calls, tokens, tls, protocols }, send);
  adjustHeap();
  return frontEnd;
}

class FrontEnd {
  readonly #parts: Parts;
  readonly #send: Send;
  #listeners: Promise<Listeners> | undefined;
  #revision = 0;

  constructor(parts: Parts, send: Send) {
    this.#parts = parts;
    this.#send = send;
    setInterval(() => this.tellDemand(), DEMAND_MS).unref();
  }

  async receive(message: Exclude<MainMessage, { kind: 'start' }>): Promise<void> {
    const { replica, calls, metrics, tokens, tls, log } = this.#parts;
    switch (message.kind) {
      case 'state':
        replica.apply(message.state);
        this.#revision = message.revision;
        this.tellHeld();
        return this.#listen();
      case 'workerGone':
        return replica.workerGone(message.seat, receivedError(message.error));
      case 'result':
        return calls.receive(message.call, message.result);
      case 'count': {
        const counts = { metrics: metrics.take(), figures: replica.takeFigures(), queues: replica.queues };
        return this.#send({ kind: 'counts', question: message.question, counts });
      }
      case 'keys':
        return tokens.adopt(message.keys);
      case 'logKinds':
        return log.control.switch(message.kinds);
      case 'reloadCertificates':
        return tls?.reload();
      case 'ping':
        return this.#send({ kind: 'pong' });
      case 'stop':
        return this.#stop(message.timeoutMs);
    }
  }

  /** What it knows, and which workers it is connected to. */
  tellHeld(): void {
    this.#send({ kind: 'holds', revision: this.#revision, seats: this.#parts.replica.seats });
  }

  /** Who waits, where the number of workers follows that. */
  tellDemand(): void {
    const { demands } = this.#parts.replica;
    if (demands.length > 0) this.#send({ kind: 'demand', demands });
  }

  /** Once, when it knows the models. */
  async #listen(): Promise<void> {
    if (this.#listeners !== undefined) return;
    this.#listeners = openApis(this.#parts);
    const { addresses } = await this.#listeners;
    this.#send({ kind: 'listening', addresses });
  }

  /** New connections are refused first; what was accepted is answered before the workers are given up. */
  async #stop(timeoutMs: number): Promise<void> {
    const { log, replica } = this.#parts;
    const deadline = performance.now() + timeoutMs - LAST_ANSWERS_MS;
    const listeners = await this.#listeners;
    const closed = listeners?.close(timeoutMs);
    await Promise.race([closed, sleep(Math.max(0, timeoutMs - LAST_ANSWERS_MS), undefined, { ref: false })]);
    await replica.close(Math.max(0, deadline - performance.now()));
    await closed;
    await log.flush();
    process.exit(0);
  }
}

function openApis({ start, logger, metrics, replica, calls, tokens, tls, protocols, log }: Parts): Promise<Listeners> {
  const { config } = start;
  const planes = createPlanes(config, { replica, metrics, logControl: log.control });
  const parts = {
    planes,
    metrics,
    ownEndpoints: [...tokens.endpoints, ...createDeploymentEndpoints({ ...planes, ...DEPLOYED_ELSEWHERE })],
  };
  const apis = createApis(config, protocols, parts).map((api) => ({
    ...api,
    groups: api.groups.map((group) => calls.forward(group)),
  }));
  const options = createListenersOptions(config, {
    logger,
    metrics,
    planes,
    tls,
    place: start,
    authorization: tokens.interceptors,
    memoryBytes: availableResources().memoryBytes,
  });
  const adaptService = (service: RpcService) => calls.forwardRpcs(service);
  const { ofFrontEnds } = splitApis([...apis, ...createGrpcApis(config)]);
  return openListeners(ofFrontEnds, { ...options, adaptService });
}

interface PlaneParts {
  readonly replica: Replica;
  readonly metrics: PrometheusMetrics;
  readonly logControl: LogControl;
}

function elsewhere(): never {
  throw new Error('this is for the main process to answer');
}

const ELSEWHERE = {
  isReady: elsewhere,
  modelReadiness: elsewhere,
  modelIdentity: elsewhere,
  modelMetadata: elsewhere,
  modelFigures: elsewhere,
} satisfies Partial<DataPlane>;

const DEPLOYED_ELSEWHERE = { deployments: { plan: elsewhere, apply: elsewhere } };

const WORKFLOWS_ELSEWHERE = { list: elsewhere, find: elsewhere, register: elsewhere, unregister: elsewhere };

/** Predictions alone are run here: whatever asks for more is passed on to the main process, and only described here. */
function createPlanes(config: ServerConfig, { replica, metrics, logControl }: PlaneParts): Planes {
  const dataPlane: DataPlane = {
    ...ELSEWHERE,
    admit: createAdmission(replica.registry, metrics.metrics),
    modelNames: () => replica.registry.names(),
  };
  return {
    dataPlane,
    explainerOf: createExplainerOf(replica.registry, ({ explains }) => explains),
    routes: createRouteSource(replica.registry, ({ routes }) => routes),
    controlPlane: { registry: new ModelRegistry() } as ControlPlane,
    workflows: WORKFLOWS_ELSEWHERE,
    memoryOf,
    modelApiEnabled: config.enableModelApi,
    isManagedBesideInference: isSameAddress(config.inferenceAddress, config.managementAddress),
    serverVersion: SERVER_VERSION,
    profile: config.profile,
    logControl,
  };
}
