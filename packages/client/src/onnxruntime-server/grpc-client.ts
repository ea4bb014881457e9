/** ONNX Runtime Server's protocol over gRPC. */
import { ClientError } from '../client-error.ts';
import type { CallOptions, ClientOptions, ModelRef } from '../client-options.ts';
import { GrpcCalls } from '../grpc/grpc-calls.ts';
import { isTrue, readFields } from '../protobuf/fields.ts';
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
const CHECK = '/grpc.health.v1.Health/Check';

/** HealthCheckResponse: SERVING is 1. */
const isServing = (answer: Uint8Array) => isTrue(readFields(answer), 1);

/** UNIMPLEMENTED: a server that does not tell of its health answers, at least. */
const UNIMPLEMENTED = 12;

async function isHealthy(calls: GrpcCalls, call?: CallOptions): Promise<boolean> {
  try {
    return await calls.send({ path: CHECK, message: new Uint8Array() }, isServing, call);
  } catch (error) {
    if (error instanceof ClientError && error.kind === 'status' && error.code === UNIMPLEMENTED) return true;
    throw error;
  }
}

/** The message names no model. */
function withModel(model: ModelRef | undefined, { headers = {} }: CallOptions = {}): CallOptions {
  if (model === undefined) return {};
  const { name, version } = modelOf(model);
  return { headers: { 'model-name': name, ...(version !== undefined && { 'model-version': version }), ...headers } };
}
