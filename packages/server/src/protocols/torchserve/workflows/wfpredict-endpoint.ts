/** `/wfpredict/{workflow}`: a workflow's answer, as TorchServe gives it. */
import type { Admission } from '../../../core/admission.ts';
import type { DataPlane } from '../../../core/data-plane.ts';
import { ServeError } from '../../../core/errors.ts';
import type { Endpoint, PlainRequest, PlainResponse, StreamedResponse } from '../../endpoint.ts';
import { plainResponse } from '../../plain-response.ts';
import { requestTimeoutMs } from '../../request-timeout.ts';

/** For the inference address. */
export function createWfpredictEndpoint(dataPlane: Pick<DataPlane, 'admit'>): Endpoint {
  return {
    audience: 'inference',
    method: '*',
    path: '/wfpredict/{workflow_name}',
    operationId: 'wfpredict',
    summary: 'Predict with a workflow',
    parameters: [
      { name: 'workflow_name', in: 'path', type: 'string', description: 'Name of the workflow', required: true },
    ],
    responses: {
      200: 'What the last node gave; of several an object, by their names',
      404: 'No such workflow',
      413: 'The body is larger than max_request_size',
      500: 'A node failed, as often as it may be asked',
      503: 'No worker is ready, or the queue is full',
      504: 'The time of the request was over, or no worker was free in time',
    },
    takesModelInput: true,
    handle: (request) => answer(request, dataPlane),
  };
}

async function answer(
  request: PlainRequest,
  dataPlane: Pick<DataPlane, 'admit'>,
): Promise<PlainResponse | StreamedResponse> {
  const admission = admit(request, dataPlane);
  const timeoutMs = requestTimeoutMs(request);
  const inputs = await request.readInputs();
  const { requestId, caller, rawHeaders } = request;
  const job = {
    operation: 'predict',
    requestId,
    codec: 'torchserve',
    headers: [...rawHeaders],
    inputs,
    timeoutMs,
  } as const;
  const answered = await admission.submit(job, caller).catch(failed);
  const response = plainResponse(answered, request);
  return { ...response, headers: { ...response.headers, 'content-type': 'application/json' } };
}

function admit({ params }: PlainRequest, dataPlane: Pick<DataPlane, 'admit'>): Admission {
  const { workflow_name: name = '' } = params;
  try {
    return dataPlane.admit(name);
  } catch (error) {
    if (!(error instanceof ServeError) || error.code !== 'model_not_found') throw error;
    throw new ServeError('workflow_not_found', `Workflow not found: ${name}`, { cause: error });
  }
}

/** Whatever status the node has: TorchServe's clients know one. */
function failed(error: unknown): never {
  if (!(error instanceof ServeError) || error.code !== 'prediction') throw error;
  throw new ServeError('prediction', error.message, { status: 500 });
}
