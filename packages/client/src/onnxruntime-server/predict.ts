/** ONNX Runtime Server's protocol, as clients see it over REST and gRPC alike. */
import type { CallOptions, ModelRef } from '../client-options.ts';
import type { NamedTensors } from '../tensor/tensor.ts';

/** What a model is asked. */
export interface PredictRequest {
  /**
   * Which model is asked. Microsoft's server has one, and takes any name and version for it; over gRPC they are the metadata
   * `model-name` and `model-version`, which it does not read. By default the only one.
   */
  readonly model?: ModelRef | undefined;
  /** The model's inputs by their names. */
  readonly inputs: NamedTensors;
  /** Names of the outputs that are wanted; all by default. */
  readonly outputs?: readonly string[] | undefined;
}

/** What it answers. */
export interface PredictResponse {
  /** By their names; elements of STRING are `string` when all of them are UTF-8, else `bytes`. */
  readonly outputs: NamedTensors;
}

/** A client of servers that speak the protocol of Microsoft's ONNX Runtime Server, as this project's does. */
export interface OnnxRuntimeServerClient {
  /**
   * Runs a model.
   * @example await client.predict({ inputs: { features: tensor('float32', [1, 3], [80, 3, 12]) } })
   * @throws ClientError; RangeError for a tensor that is none
   */
  predict(request: PredictRequest, options?: CallOptions): Promise<PredictResponse>;
  /** Whether the server works. @throws ClientError without an answer */
  isHealthy(options?: CallOptions): Promise<boolean>;
  /** Closes the connections, when the calls on them are over. */
  close(): Promise<void>;
}
