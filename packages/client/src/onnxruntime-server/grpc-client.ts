/** ONNX Runtime Server's protocol over gRPC. */
import type { CallOptions, ClientOptions, ModelRef } from '../client-options.ts';
import { GrpcCalls } from '../grpc/grpc-calls.ts';
import { isHealthy } from '../grpc/health-check.ts';
import { modelOf } from '../rest/model-path.ts';
import { readPredictResponse, writePredictRequest } from './predict-message.ts';
import type { OnnxRuntimeServerClient } from './predict.ts';

/**
 * @param hosts such as `127.0.0.1:50051`; several are used in turn
 * @throws RangeError for what is no address
 */
export function createOnnxRuntimeServerGrpcClient(
  hosts: string | readonly string[],
  options: ClientOptions = {},
): OnnxRuntimeServerClient {
  const calls = new GrpcCalls(hosts, options);
  return {
    predict: async (request, call) =>
      calls.send({ path: PREDICT, message: writePredictRequest(request) }, readPredictResponse, {
        ...call,
        ...withModel(request.model, call),
      }),
    isHealthy: (call) => isHealthy(calls, call),
    close: async () => calls.close(),
  };
}

const PREDICT = '/onnxruntime.server.PredictionService/Predict';
/** The message names no model. */
function withModel(model: ModelRef | undefined, { headers = {} }: CallOptions = {}): CallOptions {
  if (model === undefined) return {};
  const { name, version } = modelOf(model);
  return { headers: { 'model-name': name, ...(version !== undefined && { 'model-version': version }), ...headers } };
}
