/** Runs one endpoint for one request of node:http and sends what it answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Call } from '../../interceptors/interceptor.ts';
import { BodyMemory } from '../bodies/body-memory.ts';
import type { BodyLimits } from '../bodies/read-body.ts';
import type { EndpointCall, EndpointRunner, EndpointRunnerOptions } from './endpoint-runner.ts';
import { HttpRequest } from './plain-request.ts';
import { requestIdOf } from './request-id.ts';

/** What every request of a listener is run with. */
export interface RequestOptions extends EndpointRunnerOptions {
  /** Of the body of a request. */
  readonly bodyLimits: BodyLimits;
  /** Which API open calls are made at. */
  readonly name: Call['listener'];
}

/** Runs an endpoint and answers, whatever happens. */
export type RequestRunner = (request: IncomingMessage, response: ServerResponse, call: EndpointCall) => void;

/** One for a listener. */
export function createRequestRunner(runner: EndpointRunner, options: RequestOptions): RequestRunner {
  const { bodyLimits, budget, name: listener } = options;
  return (request, response, call) => {
    const memory = new BodyMemory(budget);
    const { params, audience } = call;
    const facts = { params, audience, listener, requestId: requestIdOf(request), bodyLimits, memory };
    void runner.run(new HttpRequest(request, response, facts), {
      call,
      memory,
      send: (answer, sending) => runner.send(response, answer, sending),
      abort: () => response.destroy(),
    });
  };
}
