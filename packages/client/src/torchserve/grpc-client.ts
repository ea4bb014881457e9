/** TorchServe's inference API over gRPC. */
import type { CallOptions, ClientOptions, ModelRef } from '../client-options.ts';
import { GrpcCalls } from '../grpc/grpc-calls.ts';
import { readFields, textIn } from '../protobuf/fields.ts';
import {
  readPrediction,
  writePredictions,
  type PredictionInputs,
  type ReadPrediction,
  type WrittenRequest,
} from './grpc-messages.ts';

/** A request of a stream of requests. */
export type SequenceRequest = WrittenRequest;

/** An answer of a stream of them. */
export type SequenceAnswer = ReadPrediction;

/** A client of TorchServe's inference API over gRPC, which this project's server speaks, too. */
export interface TorchServeGrpcClient {
  /**
   * Asks a model.
   * @returns the bytes that its handler gave
   * @example await client.predict('mnist', image)
   * @throws ClientError
   */
  predict(model: ModelRef, input: PredictionInputs, options?: CallOptions): Promise<Uint8Array>;
  /** StreamPredictions: the parts of one answer as they come; leaving the loop ends the call. @throws ClientError */
  predictStream(model: ModelRef, input: PredictionInputs, options?: CallOptions): AsyncGenerator<Uint8Array, void>;
  /**
   * StreamPredictions2: requests as they come, answers as they come. What fails for one request is in its answer, and the
   * stream goes on.
   * @throws ClientError when the stream itself ends
   */
  predictSequence(
    requests: AsyncIterable<SequenceRequest> | Iterable<SequenceRequest>,
    options?: CallOptions,
  ): AsyncGenerator<SequenceAnswer, void>;
  /** Ping: whether the server is healthy. @throws ClientError without an answer */
  isHealthy(options?: CallOptions): Promise<boolean>;
  /** Closes the connections, when the calls on them are over. */
  close(): Promise<void>;
}

/**
 * @param hosts such as `127.0.0.1:7070`; several are used in turn
 * @throws RangeError for what is no address
 */
export function createTorchServeGrpcClient(
  hosts: string | readonly string[],
  options: ClientOptions = {},
): TorchServeGrpcClient {
  const calls = new GrpcCalls(hosts, options);
  return {
    predict: async (model, input, call) =>
      calls.send({ path: `${PATH}Predictions`, message: writePredictions({ model, input }) }, onlyPrediction, call),
    predictStream: (model, input, call) =>
      calls.stream(
        { path: `${PATH}StreamPredictions`, messages: [writePredictions({ model, input })] },
        onlyPrediction,
        call,
      ),
    predictSequence: (requests, call) =>
      calls.stream({ path: `${PATH}StreamPredictions2`, messages: written(requests) }, readPrediction, call),
    isHealthy: (call) => calls.send({ path: `${PATH}Ping`, message: new Uint8Array() }, isHealthy, call),
    close: async () => calls.close(),
  };
}

const PATH = '/org.pytorch.serve.grpc.inference.InferenceAPIsService/';

async function* written(requests: AsyncIterable<SequenceRequest> | Iterable<SequenceRequest>) {
  for await (const request of requests) yield writePredictions(request);
}

/** @throws ClientError for one that failed */
function onlyPrediction(message: Uint8Array): Uint8Array {
  const { prediction, error } = readPrediction(message);
  if (error !== undefined) throw error;
  return prediction;
}

/** TorchServeHealthResponse has the JSON of `/ping`. */
const isHealthy = (answer: Uint8Array) => !/"unhealthy"/i.test(textIn(readFields(answer), 1));
