/** Which interceptors stand around every call, in their order. */
import { isLoopback, type ListenAddress } from './config/listen-address.ts';
import type { ServerConfig } from './config/schema.ts';
import type { Logger } from './core/logger.ts';
import { createAccessLog } from './interceptors/access-log.ts';
import { createCallCounter, type CallCounts } from './interceptors/call-counter.ts';
import { createCors } from './interceptors/cors.ts';
import { createCrossSiteCheck } from './interceptors/cross-site-check.ts';
import { createHostCheck, type HostRules } from './interceptors/host-check.ts';
import { createHostRule } from './interceptors/host-rule.ts';
import { combineInterceptors, type Interceptor } from './interceptors/interceptor.ts';

export interface InterceptorParts {
  readonly logger: Logger;
  readonly metrics: CallCounts;
  /** What lets in callers by their tokens. */
  readonly authorization: readonly Interceptor[];
}

/** All of them as one, for every frontend. */
export function createInterceptors(config: ServerConfig, parts: InterceptorParts): Required<Interceptor> {
  const { logger, metrics, authorization } = parts;
  return combineInterceptors([
    createCors({
      allowedOrigin: config.corsAllowedOrigin,
      allowedMethods: config.corsAllowedMethods,
      allowedHeaders: config.corsAllowedHeaders,
    }),
    createHostCheck(hostRules(config)),
    createCrossSiteCheck(config.corsAllowedOrigin),
    ...authorization,
    createCallCounter(metrics),
    createAccessLog(logger, config.accessLog),
  ]);
}

function hostRules(config: ServerConfig): HostRules {
  const { managementAddress, managementAllowedHosts, inferenceAddress, inferenceAllowedHosts } = config;
  const rule = (key: string, address: ListenAddress, names: readonly string[]) =>
    createHostRule({
      key,
      names,
      ownHost: 'host' in address ? address.host : undefined,
      isLoopback: isLoopback(address),
    });
  const management = rule('management_allowed_hosts', managementAddress, managementAllowedHosts);
  return {
    management,
    tokens: management,
    ...(inferenceAllowedHosts !== undefined && {
      inference: rule('inference_allowed_hosts', inferenceAddress, inferenceAllowedHosts),
    }),
  };
}
