/** KServe V1: predict and explain, and what its clients ask of the server and its models. */
import type { DataPlane } from '../../core/data-plane.ts';
import { ServeError } from '../../core/errors.ts';
import type { Operation } from '../../core/jobs/job.ts';
import { admitOperation, type InferencePlanes } from '../admit-operation.ts';
import { compactJson } from '../compact-json.ts';
import type { BodyDescription, Endpoint, Parameter, PlainResponse } from '../endpoint.ts';
import { identityHeaders } from '../model-identity.ts';
import { explainHeader } from '../explain-header.ts';
import { requestTimeoutMs } from '../request-timeout.ts';
import { replyResponse } from '../reply-meta.ts';

const MODEL_NAME: Parameter = {
  name: 'model_name',
  in: 'path',
  type: 'string',
  description: 'Name of the model; its default version answers',
  required: true,
};

const UNKNOWN = { 404: 'No such model', 503: 'The model cannot serve now' };
const RESPONSES = {
  200: 'What the handler answered for each instance',
  400: 'The body has no instances, or the handler refused them',
  413: 'The body is larger than max_request_size',
  500: 'The handler threw, or its worker died',
  504: 'There was no answer in time',
  ...UNKNOWN,
};

const LIST = { type: 'array', items: {} };

/** Columns must be of one length, which a schema cannot say. */
const BODY: BodyDescription = {
  description: 'JSON of this form; the bytes of any other content type go to the handler as they are',
  schema: {
    type: 'object',
    properties: { instances: LIST, inputs: { oneOf: [LIST, { type: 'object', additionalProperties: LIST }] } },
    oneOf: [{ required: ['instances'] }, { required: ['inputs'] }],
  },
  bytesAs: '*/*',
};

/** The endpoints, most used first. */
export function createKserveV1Endpoints(planes: InferencePlanes): Endpoint[] {
  const { dataPlane } = planes;
  return [
    inferEndpoint(planes, 'predict', 'Predict with a model'),
    inferEndpoint(planes, 'explain', 'Explain a prediction of a model'),
    {
      ...QUESTION,
      path: '/v1/models/{model_name}',
      operationId: 'kserve_v1_model',
      summary: 'Whether a model can serve',
      parameters: [MODEL_NAME],
      responses: { 200: 'It can', ...UNKNOWN },
      handle: ({ params: { model_name: name = '' } }) => Promise.resolve().then(() => modelState(dataPlane, name)),
    },
    {
      ...QUESTION,
      path: '/v1/models',
      operationId: 'kserve_v1_models',
      summary: 'Names of all models',
      responses: { 200: 'Their names' },
      handle: () => Promise.resolve(compactJson(200, { models: dataPlane.modelNames() })),
    },
    {
      ...QUESTION,
      audience: 'open',
      path: '/',
      operationId: 'kserve_v1_alive',
      summary: 'Whether the server works',
      responses: { 200: 'It does' },
      handle: () => Promise.resolve(compactJson(200, { status: 'alive' })),
    },
  ];
}

const QUESTION = { audience: 'inference', method: 'GET', parameters: [] } as const;

function inferEndpoint(planes: InferencePlanes, operation: 'predict' | 'explain', summary: string): Endpoint {
  return {
    audience: 'inference',
    method: 'POST',
    path: `/v1/models/{model_name}:${operation}`,
    operationId: `kserve_v1_${operation}`,
    summary: `${summary}, in the V1 protocol of KServe`,
    parameters: [MODEL_NAME],
    responses: operation === 'explain' ? { ...RESPONSES, 501: 'The handler cannot explain' } : RESPONSES,
    takesModelInput: true,
    body: BODY,
    handle: inferHandler(planes, operation),
  };
}

function inferHandler(planes: InferencePlanes, operation: Operation): Endpoint['handle'] {
  return async (request) => {
    const { model_name: name = '' } = request.params;
    const admission = aboutModel(name, () => admitOperation(planes, { name, operation }));
    const timeoutMs = requestTimeoutMs(request);
    const inputs = await request.readInputs();
    const { requestId, caller } = request;
    const headers = [...request.rawHeaders, ...explainHeader(operation)];
    const job = { operation, requestId, codec: 'kserve-v1', headers, inputs, timeoutMs };
    const answer = await admission.submit(job, caller);
    return replyResponse(answer, request);
  };
}

function modelState(dataPlane: DataPlane, name: string): PlainResponse {
  const { isReady, reason } = aboutModel(name, () => dataPlane.modelReadiness(name));
  if (isReady) return compactJson(200, { name, ready: true }, identityHeaders(dataPlane.modelIdentity(name)));
  throw new ServeError('no_worker', `Model with name ${name} is not ready: ${reason}.`);
}

/** KServe's words for a model that is not there. */
function aboutModel<T>(name: string, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof ServeError) || error.code !== 'model_not_found') throw error;
    throw new ServeError('model_not_found', `Model with name ${name} does not exist.`);
  }
}
