/** TorchServe's inference API: ping, predictions, explanations. */
import type { Operation } from '../../core/jobs/job.ts';
import { admitOperation, type InferencePlanes } from '../admit-operation.ts';
import { explainHeader } from '../explain-header.ts';
import { requestTimeoutMs } from '../request-timeout.ts';
import { MODEL_NAME, MODEL_VERSION } from '../model-parameters.ts';
import type { Endpoint, Parameter } from '../endpoint.ts';
import { plainResponse } from '../plain-response.ts';

const URL_PATH: Parameter = {
  name: 'url_path',
  in: 'path',
  type: 'string',
  description: 'Rest of the path; reaches the handler as the request header url_path',
  required: true,
};

const INFERENCE_RESPONSES = {
  200: 'What the handler answered; its content type says in which form',
  400: 'The handler refused the input and says why',
  404: 'No such model or version',
  413: 'The body is larger than max_request_size',
  500: 'The worker died or gave no answer in time',
  503: 'No worker is ready, the queue is full, or the handler threw',
  504: 'The time of the request was over, or no worker was free in time',
};

/** The endpoints of the inference address, most used first. */
export function createInferenceEndpoints(planes: InferencePlanes): Endpoint[] {
  return [
    ...inferenceEndpoints(planes, { segment: 'predictions', operation: 'predict', verb: 'Predict with' }),
    ...inferenceEndpoints(planes, {
      segment: 'explanations',
      operation: 'explain',
      verb: 'Explain a prediction of',
    }),
  ];
}

interface InferenceKind {
  readonly segment: 'predictions' | 'explanations';
  readonly operation: Operation;
  /** First words of the summary. */
  readonly verb: string;
}

function inferenceEndpoints(planes: InferencePlanes, { segment, operation, verb }: InferenceKind): Endpoint[] {
  const responses =
    operation === 'explain' ? { ...INFERENCE_RESPONSES, 501: 'The handler cannot explain' } : INFERENCE_RESPONSES;
  const common = {
    audience: 'inference',
    method: '*',
    responses,
    takesModelInput: true,
    handle: inferHandler(planes, operation),
  } as const;
  return [
    {
      ...common,
      path: `/${segment}/{model_name}`,
      operationId: segment,
      summary: `${verb} the default version of a model`,
      parameters: [MODEL_NAME],
    },
    {
      ...common,
      path: `/${segment}/{model_name}/{model_version}`,
      operationId: `version_${segment}`,
      summary: `${verb} one version of a model`,
      parameters: [MODEL_NAME, MODEL_VERSION],
    },
    {
      ...common,
      path: `/${segment}/{model_name}/{model_version}/{url_path*}`,
      operationId: `path_${segment}`,
      summary: `${verb} one version of a model, with a path for its handler`,
      parameters: [MODEL_NAME, MODEL_VERSION, URL_PATH],
    },
  ];
}

function inferHandler(planes: InferencePlanes, operation: Operation): Endpoint['handle'] {
  return async (request) => {
    const { model_name: name = '', model_version: version, url_path: urlPath = '' } = request.params;
    const admission = admitOperation(planes, { name, version, operation });
    const timeoutMs = requestTimeoutMs(request);
    const inputs = await request.readInputs();
    const headers = [...request.rawHeaders, ...explainHeader(operation), 'url_path', urlPath];
    const { requestId, caller } = request;
    const job = { operation, requestId, codec: 'torchserve', headers, inputs, timeoutMs };
    const answer = await admission.submit(job, caller);
    return plainResponse(answer, request);
  };
}
