/**
 * The routes that Express has. It is loaded once the server listens, since it would be a quarter of the start, and not by
 * the first request: that may come when the process has no file descriptor left.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';
import { ServeError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { EndpointGroup } from '../protocols/endpoint.ts';
import type { EndpointRunner } from './endpoint-runner.ts';
import { refusedCall } from './route-errors.ts';

export interface RareRoutes {
  /** Loads them, unless they are loaded; a failure is logged, and the next call tries again. */
  load(): Promise<Express | undefined>;
  /** Answers a request, when they are loaded. */
  serve(request: IncomingMessage, response: ServerResponse): void;
}

export interface RareRoutesOptions {
  /** The endpoints of each protocol that is spoken here. */
  readonly groups: readonly EndpointGroup[];
  /** Of the default protocol, in whose words unknown paths fail. */
  readonly errorResponse: EndpointGroup['errorResponse'];
  readonly logger: Logger;
}

const RETRY_AFTER_SECONDS = 1;

export function createRareRoutes(options: RareRoutesOptions, serve: EndpointRunner): RareRoutes {
  let app: Express | undefined;
  let loading: Promise<Express | undefined> | undefined;
  const tryLoading = async () => {
    try {
      const { createExpressApp } = await import('./express-app.ts');
      app = createExpressApp(options, serve);
    } catch (error) {
      options.logger.error('the routes of the rare requests could not be loaded', { error });
    }
    loading = undefined;
    return app;
  };
  const load = () => (app === undefined ? (loading ??= tryLoading()) : Promise.resolve(app));
  const serveLater = async (request: IncomingMessage, response: ServerResponse) => {
    const loaded = await load();
    if (loaded === undefined) serve(request, response, refusedCall(notLoaded(), options.errorResponse));
    else loaded(request, response);
  };
  return {
    load,
    serve(request, response) {
      if (app !== undefined) app(request, response);
      else serveLater(request, response).catch((error: unknown) => response.destroy(error as Error));
    },
  };
}

function notLoaded(): ServeError {
  const message = 'The server could not load what answers this request; its log says why. Try again later.';
  return new ServeError('overloaded', message, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
