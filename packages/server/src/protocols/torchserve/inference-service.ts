/** TorchServe's inference API over gRPC (torchserve.md 6.1). */
import { healthOf } from '../../core/health.ts';
import { ServeError } from '../../core/errors.ts';
import { createMessages } from '../grpc/messages.ts';
import { jsonText } from '../json-response.ts';
import { wholeAnswer } from '../../core/jobs/whole-answer.ts';
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

export function createInferenceService({ dataPlane, controlPlane }: Planes): RpcService {
  const messages = createMessages(DESCRIPTORS);
  const predict = (request: PredictionsRequest, call: PlainCall) => runPrediction(dataPlane, request, call);
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
        handle: async (message, call) => await predict(readPredictionsRequest(message), call),
      },
      {
        name: 'StreamPredictions',
        kind: 'server-stream',
        audience: 'inference',
        async *handle(message, call) {
          yield await predict(readPredictionsRequest(message), call);
        },
      },
      {
        name: 'StreamPredictions2',
        kind: 'duplex',
        audience: 'inference',
        async *handle(requests, call) {
          for await (const message of requests)
            yield await answerInStream(message, (request) => predict(request, call));
        },
      },
    ],
  };
}

/** A failure is told in the answer, and the stream goes on. */
async function answerInStream(
  message: Buffer,
  predict: (request: PredictionsRequest) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  let sequenceId: string | undefined;
  try {
    const request = readPredictionsRequest(message);
    ({ sequenceId } = request);
    return await predict(request);
  } catch (error) {
    return writeFailedResponse(torchserveRpcStatus(error), sequenceId);
  }
}

async function runPrediction(
  dataPlane: Planes['dataPlane'],
  { modelName, modelVersion, inputs, sequenceId }: PredictionsRequest,
  { requestId, rawHeaders, caller, timeoutMs }: PlainCall,
): Promise<Uint8Array> {
  if (modelName === '') throw new ServeError('invalid_argument', 'Parameter model_name is required.');
  const admission = dataPlane.admit(modelName, modelVersion);
  const headers = [...rawHeaders, 'explain', 'False', 'url_path', ''];
  const job = { operation: 'predict', requestId, codec: 'torchserve', headers, inputs, timeoutMs } as const;
  const { meta, body } = await wholeAnswer(await admission.submit(job, caller));
  const { status = 200 } = meta as ReplyMeta;
  // What the handler sets on a success has no place in the message.
  if (status >= 400) throw new ServeError('prediction', Buffer.from(body).toString('utf8'), { status });
  return writePredictionResponse(body, sequenceId);
}
