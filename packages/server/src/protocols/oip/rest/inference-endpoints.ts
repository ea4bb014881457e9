/** Inference: in the protocol's own form, and in that of Triton's generate extension, whole or as events. */
import type { JobAnswer } from '../../../core/jobs/job.ts';
import type { InferencePlanes } from '../../admit-operation.ts';
import type { Endpoint, PlainRequest, PlainResponse, StreamedResponse } from '../../endpoint.ts';
import { MODEL_NAME, MODEL_VERSION } from '../../model-parameters.ts';
import { onlyPart } from '../../only-part.ts';
import { partBodies } from '../../part-bodies.ts';
import { replyHead, replyResponse } from '../../reply-meta.ts';
import { withErrorEvent } from '../generate/event-stream.ts';
import { chooseCoding } from './choose-coding.ts';
import { compressAnswer } from './compress-answer.ts';
import { GENERATE_BODY, INFER_BODY } from './inference-bodies.ts';
import { submitInference } from './submit-inference.ts';

const FAILURES = {
  400: 'The request is wrong, and the text says in what',
  404: 'No such model or version',
  413: 'The body is larger than max_request_size',
  500: 'The handler threw, the worker died or gave no answer in time',
  501: 'The model answers in parts',
  503: 'No worker is ready, or the queue is full',
  504: 'There was no answer in the time that the request allows',
};

/** With and without a version in the path (protocols.md 2.2). */
export function createInferenceEndpoints(planes: InferencePlanes): Endpoint[] {
  return [
    ...ofModel('infer', {
      summary: 'Infer',
      body: INFER_BODY,
      responses: { 200: 'The outputs, as JSON or with binary data behind it', ...FAILURES },
      handle: async (request) => wholeResponse(await submitInference(planes, request), request),
    }),
    ...ofModel('explain', {
      summary: 'Explain an inference',
      body: INFER_BODY,
      responses: {
        200: 'The predictions and their explanations, as outputs',
        ...FAILURES,
        501: 'The model cannot explain, or answers in parts',
      },
      handle: async (request) =>
        wholeResponse(await submitInference(planes, request, { operation: 'explain' }), request),
    }),
    ...ofModel('generate', {
      summary: 'Infer by the names of inputs and outputs',
      body: GENERATE_BODY,
      responses: { 200: 'The outputs, as keys of a JSON object', ...FAILURES },
      handle: async (request) => wholeResponse(await submitInference(planes, request, { form: 'generate' }), request),
    }),
    ...ofModel('generate_stream', {
      summary: 'Infer by the names of inputs and outputs, with an event for each part of the answer',
      body: GENERATE_BODY,
      responses: { 200: 'Events with JSON objects', ...FAILURES },
      handle: async (request) =>
        eventResponse(await submitInference(planes, request, { form: 'generate_stream' }), request),
    }),
  ];
}

/** With and without a version. */
function ofModel(
  verb: string,
  { summary, ...own }: Pick<Endpoint, 'summary' | 'body' | 'responses' | 'handle'>,
): Endpoint[] {
  const common = { ...own, audience: 'inference', method: 'POST', takesModelInput: true } as const;
  return [
    {
      ...common,
      path: `/v2/models/{model_name}/${verb}`,
      operationId: `oip_${verb}`,
      summary: `${summary}: the default version of a model`,
      parameters: [MODEL_NAME],
    },
    {
      ...common,
      path: `/v2/models/{model_name}/versions/{model_version}/${verb}`,
      operationId: `oip_version_${verb}`,
      summary: `${summary}: one version of a model`,
      parameters: [MODEL_NAME, MODEL_VERSION],
    },
  ];
}

const ADVICE = 'ask for events with generate_stream, or over gRPC with ModelStreamInfer';

async function wholeResponse(answer: JobAnswer, request: PlainRequest): Promise<PlainResponse> {
  const whole = answer.rest === undefined ? answer : await onlyPart(answer, ADVICE);
  const coding = chooseCoding(request.header('accept-encoding'));
  const response = replyResponse(whole, request);
  return coding === undefined ? response : compressAnswer(response, coding);
}

function eventResponse(answer: JobAnswer, request: PlainRequest): PlainResponse | StreamedResponse {
  const { body, rest } = answer;
  if (rest === undefined) return replyResponse(answer, request);
  return { ...replyHead(answer, request), body: withErrorEvent(partBodies(body, rest)) };
}
