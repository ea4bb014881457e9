/** TorchServe's inference API over gRPC (torchserve.md 6.1). */
import { healthOf } from '../../core/health.ts';
import { isFault, ServeError } from '../../core/errors.ts';
import { createMessages } from '../grpc/messages.ts';
import { jsonText } from '../json-response.ts';
import { wholeAnswer } from '../../core/jobs/whole-answer.ts';
import type { DataPlane } from '../../core/data-plane.ts';
import type { JobAnswer } from '../../core/jobs/job.ts';
import { passOrigin } from '../model-identity.ts';
import { partBodies } from '../part-bodies.ts';
import type { Planes } from '../protocol.ts';
import type { PlainCall, RpcService } from '../rpc.ts';
import { DESCRIPTORS } from './descriptors.ts';
import {
  readPredictionsRequest,
  writeFailedResponse,
  writePredictionResponse,
  type PredictionsRequest,
} from './predictions-message.ts';
import { torchserveRpcStatus } from './rpc-errors.ts';
import type { ReplyMeta } from '../reply-meta.ts';

const PACKAGE = 'org.pytorch.serve.grpc.inference';

/** `Ping`, `Predictions`, `StreamPredictions` and `StreamPredictions2`. */
export function createInferenceService({ dataPlane, controlPlane }: Planes): RpcService {
  const messages = createMessages(DESCRIPTORS);
  const predict = (message: Buffer, call: PlainCall) =>
    predictInParts(dataPlane, readPredictionsRequest(message), call);
  return {
    name: `${PACKAGE}.InferenceAPIsService`,
    rpcs: [
      {
        name: 'Ping',
        kind: 'unary',
        audience: 'open',
        handle() {
          const status = healthOf(controlPlane.registry).isReady ? 'Healthy' : 'Unhealthy';
          const health = jsonText({ status });
          return Promise.resolve(messages.encode(`${PACKAGE}.TorchServeHealthResponse`, { health }));
        },
      },
      {
        name: 'Predictions',
        kind: 'unary',
        audience: 'inference',
        takesModelInput: true,
        handle: (message, call) => predictWhole(dataPlane, readPredictionsRequest(message), call),
      },
      {
        name: 'StreamPredictions',
        kind: 'server-stream',
        audience: 'inference',
        takesModelInput: true,
        handle: predict,
      },
      {
        name: 'StreamPredictions2',
        kind: 'duplex',
        audience: 'inference',
        takesModelInput: true,
        async *handle(requests, call) {
          for await (const message of requests) yield* answerInStream(message, dataPlane, call);
        },
      },
    ],
  };
}

/** A failure is told in an answer, and the stream goes on; a fault of the server ends it. */
async function* answerInStream(message: Buffer, dataPlane: DataPlane, call: PlainCall): AsyncGenerator<Uint8Array> {
  let sequenceId: string | undefined;
  try {
    const request = readPredictionsRequest(message);
    ({ sequenceId } = request);
    yield* predictInParts(dataPlane, request, call);
  } catch (error) {
    if (isFault(error)) throw error;
    yield writeFailedResponse(torchserveRpcStatus(error), sequenceId);
  }
}

/** A message for each part; one for an answer that is whole. */
async function* predictInParts(
  dataPlane: DataPlane,
  request: PredictionsRequest,
  call: PlainCall,
): AsyncGenerator<Uint8Array> {
  const { body, rest } = await runPrediction(dataPlane, request, call);
  for await (const part of partBodies(body, rest)) yield writePredictionResponse(part, request.sequenceId);
}

async function predictWhole(dataPlane: DataPlane, request: PredictionsRequest, call: PlainCall): Promise<Uint8Array> {
  const answer = await runPrediction(dataPlane, request, call);
  passOrigin(answer, call);
  const { body } = await wholeAnswer(answer);
  return writePredictionResponse(body, request.sequenceId);
}

/** @throws ServeError why there is no answer, or for one whose status is no success */
async function runPrediction(
  dataPlane: DataPlane,
  { modelName, modelVersion, inputs }: PredictionsRequest,
  { requestId, rawHeaders, caller, timeoutMs }: PlainCall,
): Promise<JobAnswer> {
  if (modelName === '') throw new ServeError('invalid_argument', 'Parameter model_name is required.');
  const admission = dataPlane.admit(modelName, modelVersion);
  const headers = [...rawHeaders, 'explain', 'False', 'url_path', ''];
  const job = { operation: 'predict', requestId, codec: 'torchserve', headers, inputs, timeoutMs } as const;
  const answer = await admission.submit(job, caller);
  const { status = 200 } = answer.meta as ReplyMeta;
  // What the handler sets on a success has no place in the message.
  if (status < 400) return answer;
  const { body } = await wholeAnswer(answer);
  throw new ServeError('prediction', Buffer.from(body).toString('utf8'), { status });
}
