/** Runs one endpoint for one request of node:http and sends what it answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isFault, toServeError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { Call, Interceptor } from '../../interceptors/interceptor.ts';
import type { Endpoint, EndpointGroup, PlainResponse } from '../../protocols/endpoint.ts';
import { BodyMemory } from '../bodies/body-memory.ts';
import type { MemoryBudget } from '../memory/memory-budget.ts';
import { HttpRequest } from './plain-request.ts';
import type { BodyLimits } from '../bodies/read-body.ts';
import { reportFailure } from '../report-failure.ts';
import { requestIdOf } from './request-id.ts';
import { standardHeaders } from '../answers/response-head.ts';
import { createAnswerSender } from '../answers/send-answer.ts';
import { UntakenAnswers } from '../answers/untaken-answers.ts';

/** What every request of a listener is run with. */
export interface EndpointRunnerOptions {
  /** Of the body of a request. */
  readonly bodyLimits: BodyLimits;
  /** For bodies and answers that are on their way. */
  readonly budget: MemoryBudget;
  /** Longest time that a client may take to read its answer, in milliseconds. */
  readonly writeTimeoutMs: number;
  /** What stands around every call. */
  readonly interceptor: Required<Interceptor>;
  /** Told of what failed. */
  readonly logger: Logger;
  /** Called for each error that is a fault of the server. */
  readonly onInternalError: () => void;
  /** Which API open calls are made at. */
  readonly name: Call['listener'];
  /** Whether connections are to be closed after their answer. */
  readonly isClosing: () => boolean;
}

/** What is to be run for a request. */
export interface EndpointCall extends Pick<EndpointGroup, 'errorResponse'>, Pick<Endpoint, 'audience' | 'handle'> {
  /** What the names in the endpoint's path stand for. */
  readonly params: Readonly<Record<string, string>>;
}

/** Runs an endpoint and answers, whatever happens. */
export type EndpointRunner = (request: IncomingMessage, response: ServerResponse, call: EndpointCall) => void;

/** One for a listener. */
export function createEndpointRunner(options: EndpointRunnerOptions): EndpointRunner {
  const { bodyLimits, budget, interceptor, name: listener, isClosing } = options;
  const untaken = new UntakenAnswers(budget, options.writeTimeoutMs);
  const headers = standardHeaders(interceptor.replyHeaders);
  const answerOf = async (plain: HttpRequest, call: EndpointCall, memory: BodyMemory) => {
    try {
      interceptor.admit(plain);
      const answer = await call.handle(plain);
      memory.release();
      return answer;
    } catch (error) {
      // Whatever failed may still be on its way to a worker.
      memory.abandon();
      return failure(error, { requestId: plain.requestId, call, options });
    }
  };
  const send = createAnswerSender({
    untaken,
    logger: options.logger,
    failure: (error, { facts: { requestId }, call }) => failure(error, { requestId, call, options }),
  });
  const run = async (request: IncomingMessage, response: ServerResponse, call: EndpointCall) => {
    const startedAt = performance.now();
    const requestId = requestIdOf(request);
    const memory = new BodyMemory(budget);
    const requestFacts = { params: call.params, audience: call.audience, listener, requestId, bodyLimits, memory };
    const plain = new HttpRequest(request, response, requestFacts);
    const answer = await answerOf(plain, call, memory);
    const facts = { requestId, headers, isLast: isClosing() };
    const sending = send(response, answer, { facts, call });
    const { status, bytes } = sending instanceof Promise ? await sending : sending;
    interceptor.answered(plain, { status, bytes, ms: performance.now() - startedAt });
  };
  return (request, response, call) => {
    run(request, response, call).catch((error: unknown) => {
      options.onInternalError();
      options.logger.error('a request could not be answered', { error });
      response.destroy();
    });
  };
}

interface FailedCall {
  readonly requestId: string;
  readonly call: EndpointCall;
  readonly options: EndpointRunnerOptions;
}

function failure(thrown: unknown, { requestId, call, options }: FailedCall): PlainResponse {
  const error = toServeError(thrown);
  reportFailure(error, isFault(error), { ...options, requestId });
  const response = call.errorResponse(error);
  const { challenge } = error.details;
  if (challenge === undefined) return response;
  return { ...response, headers: { ...response.headers, 'www-authenticate': challenge } };
}
