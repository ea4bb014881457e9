/** grpc.health.v1: whether the server, or one model, can serve. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ServeError } from '../../core/errors.ts';
import { healthOf } from '../../core/health.ts';
import type { ModelRegistry } from '../../core/registry/model-registry.ts';
import { readinessOf } from '../../core/registry/version-readiness.ts';
import type { RpcService } from '../rpc.ts';
import { DESCRIPTORS } from './descriptors.ts';
import { createMessages } from './messages.ts';

const PACKAGE = 'grpc.health.v1';
/** How often a watch looks. */
const LOOK_MS = 500;

type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN';

/** @param services names of those of the listener, which serve when the server does; others are models, `NAME` or `NAME/VERSION` */
export function createHealthService(registry: ModelRegistry, services: readonly string[]): RpcService {
  const messages = createMessages(DESCRIPTORS);
  const serviceOf = (message: Buffer) => messages.decode(`${PACKAGE}.HealthCheckRequest`, message).service as string;
  const answer = (status: ServingStatus) => messages.encode(`${PACKAGE}.HealthCheckResponse`, { status });
  const statusOf = (service: string): ServingStatus => {
    if (service === '' || services.includes(service)) return servingIf(healthOf(registry).isReady);
    const [name = '', version] = service.split('/');
    const registered = registry.find({ name, version });
    return registered === undefined ? 'SERVICE_UNKNOWN' : servingIf(readinessOf(registered).state === 'ready');
  };
  return {
    name: `${PACKAGE}.Health`,
    rpcs: [
      {
        name: 'Check',
        kind: 'unary',
        audience: 'open',
        handle(message) {
          const service = serviceOf(message);
          const status = statusOf(service);
          if (status !== 'SERVICE_UNKNOWN') return Promise.resolve(answer(status));
          return Promise.reject(new ServeError('model_not_found', `No service and no model is called "${service}"`));
        },
      },
      {
        name: 'Watch',
        kind: 'server-stream',
        audience: 'open',
        async *handle(message, call) {
          const service = serviceOf(message);
          const isOver = () => call.caller.isGone || call.isClosing;
          for (let last: ServingStatus | undefined; !isOver(); await sleep(LOOK_MS, undefined, { ref: false })) {
            const status = statusOf(service);
            if (status !== last) yield answer(status);
            last = status;
          }
        },
      },
    ],
  };
}

function servingIf(isReady: boolean): ServingStatus {
  return isReady ? 'SERVING' : 'NOT_SERVING';
}
