/** From a request over REST to its answer: the codec in the worker reads and writes the bodies. */
import type { JobAnswer, JobInput } from '../../../core/jobs/job.ts';
import { admitOperation, type InferencePlanes } from '../../admit-operation.ts';
import type { PlainRequest } from '../../endpoint.ts';
import { explainHeader } from '../../explain-header.ts';
import { requestTimeoutMs } from '../../request-timeout.ts';
import type { GenerateForm } from '../generate/generate-forms.ts';
import { earliest, readTimeout } from '../inference/read-timeout.ts';

/** What is asked for, and how. */
export interface InferenceKind {
  /** Default `predict`. */
  readonly operation?: 'predict' | 'explain';
  /** Of the body; undefined for the protocol's own. */
  readonly form?: GenerateForm;
}

/** @throws ServeError why there is no answer */
export async function submitInference(
  planes: InferencePlanes,
  request: PlainRequest,
  { operation = 'predict', form }: InferenceKind = {},
): Promise<JobAnswer> {
  const { model_name: name = '', model_version: version } = request.params;
  const admission = admitOperation(planes, { name, version, operation });
  const limitMs = requestTimeoutMs(request);
  const inputs = await request.readInputs();
  const [body] = inputs;
  const job = {
    operation,
    requestId: request.requestId,
    codec: 'oip',
    headers: operation === 'explain' ? [...request.rawHeaders, ...explainHeader(operation)] : request.rawHeaders,
    inputs: form === undefined || body === undefined ? inputs : [{ ...body, name: form }, ...inputs.slice(1)],
    timeoutMs: earliest(limitMs, readTimeout(body, jsonBytesOf(request, body))),
  } as const;
  return await admission.submit(job, request.caller);
}

/** What the header says, or all of the body; a header that says nonsense is refused in the worker. */
function jsonBytesOf(request: PlainRequest, body: JobInput | undefined): number {
  const bytes = body?.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0) ?? 0;
  const told = Number(request.header('inference-header-content-length') ?? bytes);
  return told >= 0 && told <= bytes ? Math.floor(told) : 0;
}
