/** What all listeners of a process have in common, by the configuration. */
import { corsOptions, createInterceptors } from './call-interceptors.ts';
import type { ServerConfig } from './config/schema.ts';
import type { Logger } from './core/logger.ts';
import { shareOf, type FrontEndPlace } from './fleet/share-of.ts';
import { MemoryBudget } from './frontends/memory/memory-budget.ts';
import type { Tls } from './frontends/tls/tls.ts';
import type { Interceptor } from './interceptors/interceptor.ts';
import type { ListenersOptions } from './listeners.ts';
import type { PrometheusMetrics } from './observability/metrics/prometheus.ts';
import type { Planes } from './protocols/protocol.ts';
import { SERVER_VERSION } from './server-version.ts';

/** The parts of a server that listeners use. */
export interface ListenerParts {
  /** Gets the access log, and what failed. */
  readonly logger: Logger;
  /** Counts calls. */
  readonly metrics: PrometheusMetrics;
  /** What gRPC's procedures call. */
  readonly planes: Planes;
  /** Checks tokens. */
  readonly authorization: readonly Interceptor[];
  /** For the addresses that need it. */
  readonly tls: Tls | undefined;
  /** Memory that the server may use, in bytes. */
  readonly memoryBytes: number;
  /** Which of several processes this is that share the limits; the only one by default. */
  readonly place?: FrontEndPlace;
}

const ONLY: FrontEndPlace = { number: 1, count: 1 };

/** One budget of memory, and one set of interceptors, for all listeners. */
export function createListenersOptions(config: ServerConfig, parts: ListenerParts): ListenersOptions {
  const { logger, metrics, planes, authorization, tls, memoryBytes, place = ONLY } = parts;
  const inflightBytes = config.maxInflightBytes ?? Math.floor(memoryBytes / 4);
  return {
    budget: new MemoryBudget(Math.max(1, shareOf(inflightBytes, place))),
    interceptor: createInterceptors(config, { logger, metrics, authorization }),
    logger,
    onInternalError: () => metrics.internalError(),
    planes,
    cors: corsOptions(config),
    isCompressing: config.responseCompression,
    version: SERVER_VERSION,
    bodyLimits: { maxBytes: config.maxRequestSize, timeoutMs: config.requestBodyTimeout * 1000 },
    headerTimeoutMs: config.requestHeaderTimeout * 1000,
    idleTimeoutMs: config.keepAliveTimeout * 1000,
    maxConnections: Math.max(1, shareOf(config.maxConnections, place)),
    grpc: { maxStreams: config.grpcMaxConcurrentStreams, pingIntervalMs: config.grpcMinPingIntervalMs },
    tls,
    writeTimeoutMs: config.responseWriteTimeout * 1000,
  };
}
