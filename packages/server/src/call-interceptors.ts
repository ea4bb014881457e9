/** Which interceptors stand around every call, in their order. */
import { isLoopback, type ListenAddress } from './config/listen-address.ts';
import type { ServerConfig } from './config/schema.ts';
import type { Logger } from './core/logger.ts';
import { createAccessLog } from './interceptors/access-log.ts';
import { createCallCounter, type CallCounts } from './interceptors/call-counter.ts';
import { createCors, type CorsOptions } from './interceptors/cors.ts';
import { createCrossSiteCheck } from './interceptors/cross-site-check.ts';
import { createHostCheck, type HostRules } from './interceptors/host-check.ts';
import { createHostRule, type HostRule } from './interceptors/host-rule.ts';
import { combineInterceptors, type Interceptor } from './interceptors/interceptor.ts';

/** What the interceptors tell and ask. */
export interface InterceptorParts {
  /** Gets the access log. */
  readonly logger: Logger;
  /** Counts the answers. */
  readonly metrics: CallCounts;
  /** What lets in callers by their tokens. */
  readonly authorization: readonly Interceptor[];
}

/** All of them as one, for every frontend. */
export function createInterceptors(config: ServerConfig, parts: InterceptorParts): Required<Interceptor> {
  const { logger, metrics, authorization } = parts;
  return combineInterceptors([
    createCors(corsOptions(config)),
    createHostCheck(hostRules(config)),
    createCrossSiteCheck(config.corsAllowedOrigin),
    ...authorization,
    createCallCounter(metrics),
    createAccessLog(logger, config.accessLog),
  ]);
}

/** What the configuration says of pages of other origins. */
export function corsOptions(config: ServerConfig): CorsOptions {
  return {
    allowedOrigin: config.corsAllowedOrigin,
    allowedMethods: config.corsAllowedMethods,
    allowedHeaders: config.corsAllowedHeaders,
  };
}

function hostRules(config: ServerConfig): HostRules {
  const { managementAllowedHosts, inferenceAllowedHosts, grpcManagementAddress, grpcInferenceAddress } = config;
  const management = ruleOf('management_allowed_hosts', managementAllowedHosts, {
    address: config.managementAddress,
    grpcHost: grpcManagementAddress,
  });
  if (inferenceAllowedHosts === undefined) return { management, tokens: management };
  const inference = ruleOf('inference_allowed_hosts', inferenceAllowedHosts, {
    address: config.inferenceAddress,
    grpcHost: grpcInferenceAddress,
  });
  return { management, tokens: management, inference };
}

interface Reach {
  readonly address: ListenAddress;
  /** Where gRPC listens, if that was said. */
  readonly grpcHost: string | undefined;
}

/** One for both ways to an API: a name that leads to one of them leads to the other as well. */
function ruleOf(key: string, names: readonly string[], { address, grpcHost }: Reach): HostRule {
  const own = grpcHost === undefined ? [] : [grpcHost];
  return createHostRule({
    key,
    names: [...names, ...own],
    ownHost: 'host' in address ? address.host : undefined,
    isLoopback: [address, ...own.map((host) => ({ host, port: 0 }))].every(isLoopback),
  });
}
