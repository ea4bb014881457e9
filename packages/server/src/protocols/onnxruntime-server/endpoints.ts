/** REST of ONNX Runtime Server: prediction, and whether the server works. */
import type { DataPlane } from '../../core/data-plane.ts';
import type { JobAnswer } from '../../core/jobs/job.ts';
import type { BodyDescription, Endpoint, PlainRequest, PlainResponse } from '../endpoint.ts';
import { MODEL_NAME, MODEL_VERSION } from '../model-parameters.ts';
import { onlyPart } from '../only-part.ts';
import type { Planes } from '../protocol.ts';
import { replyHead } from '../reply-meta.ts';
import { requestTimeoutMs } from '../request-timeout.ts';
import { admitModel, type AskedModel } from './admit-model.ts';
import { answerType, assertRequestType, PROTOBUF_TYPES } from './media-types.ts';
import { idHeaders } from './request-ids.ts';

/** The profile in which the server stands in for ONNX Runtime Server. */
const PROFILE = 'onnxruntime-server';

const RESPONSES = {
  200: 'The outputs, as onnxruntime.server.PredictResponse in protobuf or JSON',
  400: 'The request is wrong, and the text says in what',
  404: 'No such model or version',
  413: 'The body is larger than max_request_size',
  500: 'The handler threw, the worker died or gave no answer in time',
  501: 'The model answers in parts',
  503: 'No worker is ready, or the queue is full',
  504: 'There was no answer in the time that the request allows',
};

/** Null is as good as nothing, in JSON of proto3. */
const LIST = { type: 'array', items: {}, nullable: true };
const INTEGER = { oneOf: [{ type: 'string' }, { type: 'integer' }], nullable: true };

const TENSOR = {
  type: 'object',
  properties: {
    dims: LIST,
    dataType: INTEGER,
    rawData: { type: 'string', nullable: true },
    floatData: LIST,
    int32Data: LIST,
    int64Data: LIST,
    uint64Data: LIST,
    doubleData: LIST,
    stringData: LIST,
  },
};

const BODY: BodyDescription = {
  description: 'onnxruntime.server.PredictRequest, in JSON of proto3 or in protobuf',
  schema: {
    type: 'object',
    properties: {
      inputs: { type: 'object', additionalProperties: TENSOR, nullable: true },
      outputFilter: { ...LIST, items: { type: 'string' } },
    },
  },
  bytesAs: 'application/octet-stream',
};

/** The kinds of prediction that paths name; here they are one. */
const VERBS = ['predict', 'classify', 'regress'] as const;

/** Those whose paths others have as well are for what nobody else reads, unless the server stands in for this one. */
export function createOnnxruntimeServerEndpoints({ dataPlane, profile }: Planes): Endpoint[] {
  const isAlone = profile === PROFILE;
  const predict = (request: PlainRequest, asked: AskedModel) => runPrediction(dataPlane, request, { asked, isAlone });
  const named = VERBS.flatMap((verb): Endpoint[] => [
    {
      ...PREDICTION,
      path: `/v1/models/{model_name}/versions/{model_version}:${verb}`,
      operationId: `onnxruntime_server_version_${verb}`,
      parameters: [MODEL_NAME, MODEL_VERSION],
      handle: (request) => predict(request, askedIn(request)),
    },
    {
      ...PREDICTION,
      path: `/v1/models/{model_name}:${verb}`,
      operationId: `onnxruntime_server_${verb}`,
      parameters: [MODEL_NAME],
      ...(verb === 'predict' && !isAlone && { forMediaTypes: UNSHARED_TYPES }),
      handle: (request) => predict(request, askedIn(request)),
    },
  ]);
  return isAlone ? [...named, scoreEndpoint((request) => predict(request, {})), healthEndpoint()] : named;
}

/** KServe takes application/octet-stream for JSON, as curl sends it, or for bytes of its handlers. */
const UNSHARED_TYPES = PROTOBUF_TYPES.filter((type) => type !== 'application/octet-stream');

const PREDICTION = {
  audience: 'inference',
  method: 'POST',
  summary: 'Predict, in the protocol of ONNX Runtime Server',
  responses: RESPONSES,
  takesModelInput: true,
  body: BODY,
} as const;

function scoreEndpoint(handle: Endpoint['handle']): Endpoint {
  const summary = 'Predict with the only model, or the model "default"';
  return { ...PREDICTION, path: '/score', operationId: 'onnxruntime_server_score', summary, parameters: [], handle };
}

function healthEndpoint(): Endpoint {
  return {
    audience: 'open',
    method: 'GET',
    path: '/',
    operationId: 'onnxruntime_server_health',
    summary: 'Whether the server works',
    parameters: [],
    responses: { 200: 'It does' },
    handle: (request) =>
      Promise.resolve({
        status: 200,
        headers: { 'content-type': 'text/plain; charset=utf-8', ...idHeaders(request) },
        body: 'Healthy',
      }),
  };
}

function askedIn({ params: { model_name: name, model_version: version } }: PlainRequest): AskedModel {
  return { name, version };
}

interface Prediction {
  readonly asked: AskedModel;
  /** Whether the server stands in for ONNX Runtime Server. */
  readonly isAlone: boolean;
}

async function runPrediction(
  dataPlane: DataPlane,
  request: PlainRequest,
  { asked, isAlone }: Prediction,
): Promise<PlainResponse> {
  assertRequestType(request.mediaType);
  const contentType = answerType(request.header('accept'));
  const admission = admitModel(dataPlane, asked, isAlone);
  const timeoutMs = requestTimeoutMs(request);
  const { requestId, caller, rawHeaders: headers } = request;
  const inputs = (await request.readInputs()).map((body) => ({ ...body, name: contentType }));
  const job = { operation: 'predict', requestId, codec: 'onnxruntime-server', headers, inputs, timeoutMs } as const;
  return toResponse(await onlyPart(await admission.submit(job, caller), 'ask in another protocol'), request);
}

function toResponse(answer: JobAnswer, request: PlainRequest): PlainResponse {
  const head = replyHead(answer, request);
  return { ...head, headers: { ...head.headers, ...idHeaders(request) }, body: answer.body };
}
