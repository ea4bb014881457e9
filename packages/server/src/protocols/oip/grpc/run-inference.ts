/** An inference: the codec in the worker reads the message and writes the one that answers it. */
import type { DataPlane } from '../../../core/data-plane.ts';
import { ServeError } from '../../../core/errors.ts';
import type { JobAnswer } from '../../../core/jobs/job.ts';
import { onlyPart } from '../../only-part.ts';
import { assertSuccess } from '../../grpc/assert-success.ts';
import { rpcCodecOf } from '../../protocol.ts';
import type { PlainCall } from '../../rpc.ts';
import { earliest, timeoutMs } from '../inference/read-timeout.ts';
import type { RequestHead } from './request-head.ts';

const CODEC = rpcCodecOf('oip');

/** A request, and what was read of it. */
export interface InferenceMessage {
  /** What was read of it. */
  readonly head: RequestHead;
  /** The bytes of the ModelInferRequest, as they came. */
  readonly message: Buffer;
}

/** @throws ServeError why there is no answer */
export async function runInference(
  dataPlane: DataPlane,
  { head: { modelName, modelVersion, parameters }, message }: InferenceMessage,
  call: PlainCall,
): Promise<JobAnswer> {
  if (modelName === '') throw new ServeError('invalid_argument', 'The request: expected a model_name, got none');
  const admission = dataPlane.admit(modelName, modelVersion);
  const { requestId, rawHeaders: headers, caller } = call;
  const inputs = [{ name: 'message', contentType: '', chunks: [message] }];
  const limitMs = earliest(call.timeoutMs, timeoutMs(parameters.timeout));
  const job = { operation: 'predict', requestId, codec: CODEC, headers, inputs, timeoutMs: limitMs } as const;
  return assertSuccess(await admission.submit(job, caller));
}

/** @throws ServeError `not_implemented` for an answer of several parts */
export async function wholeMessage(answer: JobAnswer): Promise<Uint8Array> {
  return (await onlyPart(answer, 'ask with ModelStreamInfer')).body;
}
