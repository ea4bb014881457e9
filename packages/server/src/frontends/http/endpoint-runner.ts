/** Runs endpoints: every call has an answer, whatever happens. */
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
import { createAnswerSender, type AnswerSender } from '../answers/send-answer.ts';
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

/** Runs endpoints, whatever brought their calls. */
export interface EndpointRunner {
  /** Those of every answer. */
  readonly headers: ReadonlyMap<string, string>;
  /** Sends answers over node:http. */
  readonly send: AnswerSender;
  /** What the endpoint answers, or what its error is in the words of its protocol; never rejects. */
  answerOf(
    request: PlainRequest & Call,
    call: EndpointCall,
    memory: RequestMemory,
  ): Promise<PlainResponse | StreamedResponse>;
}

/** One for a listener. */
export function createEndpointRunner(options: EndpointRunnerOptions): EndpointRunner {
  const { budget, interceptor, writeTimeoutMs, logger } = options;
  return {
    headers: standardHeaders(interceptor.replyHeaders),
    send: createAnswerSender({
      untaken: new UntakenAnswers(budget, writeTimeoutMs),
      logger,
      failure: (error, { facts: { requestId }, call: { errorResponse } }) =>
        failure(error, { requestId, errorResponse, options }),
    }),
    async answerOf(request, call, memory) {
      const { handle, errorResponse } = call.byMediaType?.get(request.mediaType) ?? call;
      try {
        interceptor.admit(request);
        const answer = await handle(request);
        memory.release();
        return answer;
      } catch (error) {
        // Whatever failed may still be on its way to a worker.
        memory.abandon();
        return failure(error, { requestId: request.requestId, request, errorResponse, options });
      }
    },
  };
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
