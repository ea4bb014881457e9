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
  /** Whether connections are to be closed after their answer. */
  readonly isClosing: () => boolean;
}

/** Runs an endpoint and answers, whatever happens. */
export type RequestRunner = (request: IncomingMessage, response: ServerResponse, call: EndpointCall) => void;

/** One for a listener. */
export function createRequestRunner(runner: EndpointRunner, options: RequestOptions): RequestRunner {
  const { bodyLimits, budget, interceptor, name: listener, isClosing } = options;
  const run = async (request: IncomingMessage, response: ServerResponse, call: EndpointCall) => {
    const startedAt = performance.now();
    const requestId = requestIdOf(request);
    const memory = new BodyMemory(budget);
    const requestFacts = { params: call.params, audience: call.audience, listener, requestId, bodyLimits, memory };
    const plain = new HttpRequest(request, response, requestFacts);
    const answer = await runner.answerOf(plain, call, memory);
    const facts = { requestId, headers: runner.headers, isLast: isClosing() };
    const sending = runner.send(response, answer, { facts, call });
    const { status, bytes } = sending instanceof Promise ? await sending : sending;
    interceptor.answered(plain, { status, bytes, ms: performance.now() - startedAt });
  };
  return (request, response, call) => {
    run(request, response, call).catch((error: unknown) => {
      reportFault(error, options);
      response.destroy();
    });
  };
}

/** Tells of a request that could not be answered, by a fault of the server. */
export function reportFault(error: unknown, { onInternalError, logger }: EndpointRunnerOptions): void {
  onInternalError();
  logger.error('a request could not be answered', { error });
}
