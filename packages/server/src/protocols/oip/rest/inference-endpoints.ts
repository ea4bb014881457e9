/** Inference: JSON, or JSON and binary tensors behind it; the codec in the worker reads it. */
import type { DataPlane } from '../../../core/data-plane.ts';
import type { JobAnswer, JobInput } from '../../../core/jobs/job.ts';
import type { Endpoint, PlainRequest, PlainResponse } from '../../endpoint.ts';
import type { ReplyMeta } from '../../reply-meta.ts';
import { readTimeout } from '../inference/read-timeout.ts';
import { compressAnswer } from './compress-answer.ts';
import { MODEL_NAME, MODEL_VERSION } from '../../model-parameters.ts';
import { requestTimeoutMs } from '../../request-timeout.ts';
import { withoutContentType } from '../../without-content-type.ts';

const RESPONSES = {
  200: 'The outputs, as JSON or with binary data behind it',
  400: 'The request is wrong, and the text says in what',
  404: 'No such model or version',
  413: 'The body is larger than max_request_size',
  500: 'The handler threw, the worker died or gave no answer in time',
  503: 'No worker is ready, or the queue is full',
};

export function createInferenceEndpoints(dataPlane: DataPlane): Endpoint[] {
  const common = {
    audience: 'inference',
    method: 'POST',
    responses: RESPONSES,
    takesModelInput: true,
    handle: inferHandler(dataPlane),
  } as const satisfies Partial<Endpoint>;
  return [
    {
      ...common,
      path: '/v2/models/{model_name}/infer',
      operationId: 'oip_infer',
      summary: 'Infer with the default version of a model',
      parameters: [MODEL_NAME],
    },
    {
      ...common,
      path: '/v2/models/{model_name}/versions/{model_version}/infer',
      operationId: 'oip_version_infer',
      summary: 'Infer with one version of a model',
      parameters: [MODEL_NAME, MODEL_VERSION],
    },
  ];
}

function inferHandler(dataPlane: DataPlane): Endpoint['handle'] {
  return async (request) => {
    const { model_name: name = '', model_version: version } = request.params;
    const admission = dataPlane.admit(name, version);
    const limitMs = requestTimeoutMs(request);
    const inputs = await request.readInputs();
    const { requestId, caller } = request;
    const headers = withoutContentType(request.rawHeaders);
    const timeoutMs = readTimeout(inputs[0], jsonBytesOf(request, inputs[0]));
    const job = {
      operation: 'predict',
      requestId,
      codec: 'oip',
      headers,
      inputs,
      timeoutMs: earliest(limitMs, timeoutMs),
    } as const;
    const response = inferResponse(await admission.submit(job, caller));
    return compressAnswer(response, request.header('accept-encoding'));
  };
}

function earliest(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}

/** What the header says, or all of the body; a header that says nonsense is refused in the worker. */
function jsonBytesOf(request: PlainRequest, body: JobInput | undefined): number {
  const bytes = body?.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0) ?? 0;
  const told = Number(request.header('inference-header-content-length') ?? bytes);
  return told >= 0 && told <= bytes ? Math.floor(told) : 0;
}

function inferResponse({ meta, body }: JobAnswer): PlainResponse {
  const { contentType, headers, status = 200, reason } = meta as ReplyMeta;
  return {
    status,
    ...(reason !== undefined && { reason }),
    headers: { ...headers, 'content-type': contentType },
    body,
  };
}
