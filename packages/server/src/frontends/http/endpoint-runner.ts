/** Runs endpoints, whatever brought their calls: every call has an answer, whatever happens. */
import { isFault, toServeError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { Call, Interceptor } from '../../interceptors/interceptor.ts';
import type {
  Endpoint,
  EndpointGroup,
  PlainRequest,
  PlainResponse,
  StreamedResponse,
} from '../../protocols/endpoint.ts';
import type { BodyMemory } from '../bodies/body-memory.ts';
import type { MemoryBudget } from '../memory/memory-budget.ts';
import { reportFailure } from '../report-failure.ts';
import { standardHeaders } from '../answers/response-head.ts';
import { createAnswerSender, type AnswerSender, type Sending, type Sent } from '../answers/send-answer.ts';
import { UntakenAnswers } from '../answers/untaken-answers.ts';

/** What every request of a listener is run with. */
export interface EndpointRunnerOptions {
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
  /** Whether connections are to be closed after their answer. */
  readonly isClosing: () => boolean;
}

/** What is to be run for a request. */
export interface EndpointCall extends Pick<EndpointGroup, 'errorResponse'>, Pick<Endpoint, 'audience' | 'handle'> {
  /** What the names in the endpoint's path stand for. */
  readonly params: Readonly<Record<string, string>>;
  /** What is run instead for bodies of some media types. */
  readonly byMediaType?: ReadonlyMap<string, Pick<EndpointCall, 'handle' | 'errorResponse'>> | undefined;
}

/** The memory of a request's body. */
export type RequestMemory = Pick<BodyMemory, 'release' | 'abandon'>;

/** A call on its connection. */
export interface Exchange {
  /** What is to be run. */
  readonly call: EndpointCall;
  /** Of the request's body. */
  readonly memory: RequestMemory;
  /** Sends what the endpoint answers, or what its error is in the words of its protocol. */
  send(answer: PlainResponse | StreamedResponse, sending: Sending): Sent | Promise<Sent>;
  /** Ends the connection: by a fault of the server, there is no answer. */
  abort(): void;
}

/** Runs the calls of a listener. */
export interface EndpointRunner {
  /** Those of every answer. */
  readonly headers: ReadonlyMap<string, string>;
  /** Sends answers over node:http. */
  readonly send: AnswerSender;
  /** From a call to its answer; never rejects. */
  run(request: PlainRequest & Call, exchange: Exchange): Promise<void>;
}

/** One for a listener. */
export function createEndpointRunner(options: EndpointRunnerOptions): EndpointRunner {
  const { budget, interceptor, writeTimeoutMs, logger, isClosing, onInternalError } = options;
  const headers = standardHeaders(interceptor.replyHeaders);
  return {
    headers,
    send: createAnswerSender({
      untaken: new UntakenAnswers(budget, writeTimeoutMs),
      logger,
      failure: (error, { facts: { requestId }, call: { errorResponse } }) =>
        failure(error, { requestId, errorResponse, options }),
    }),
    async run(request, exchange) {
      const startedAt = performance.now();
      try {
        const answer = await answerOf(request, exchange, options);
        const facts = { requestId: request.requestId, headers, isLast: isClosing() };
        const sending = exchange.send(answer, { facts, call: exchange.call });
        const { status, bytes } = sending instanceof Promise ? await sending : sending;
        interceptor.answered(request, { status, bytes, ms: performance.now() - startedAt });
      } catch (error) {
        onInternalError();
        logger.error('a request could not be answered', { error });
        exchange.abort();
      }
    },
  };
}

/** What the endpoint answers, or what its error is in the words of its protocol. */
async function answerOf(
  request: PlainRequest & Call,
  { call, memory }: Exchange,
  options: EndpointRunnerOptions,
): Promise<PlainResponse | StreamedResponse> {
  const { handle, errorResponse } = call.byMediaType?.get(request.mediaType) ?? call;
  try {
    options.interceptor.admit(request);
    const answer = await handle(request);
    memory.release();
    return answer;
  } catch (error) {
    // Whatever failed may still be on its way to a worker.
    memory.abandon();
    return failure(error, { requestId: request.requestId, request, errorResponse, options });
  }
}

interface FailedCall extends Pick<EndpointCall, 'errorResponse'> {
  readonly requestId: string;
  readonly request?: PlainRequest;
  readonly options: EndpointRunnerOptions;
}

function failure(thrown: unknown, { requestId, request, errorResponse, options }: FailedCall): PlainResponse {
  const error = toServeError(thrown);
  reportFailure(error, isFault(error), { ...options, requestId });
  const response = errorResponse(error, request);
  const { challenge } = error.details;
  if (challenge === undefined) return response;
  return { ...response, headers: { ...response.headers, 'www-authenticate': challenge } };
}
