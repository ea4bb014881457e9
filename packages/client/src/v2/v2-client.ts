/** The Open Inference Protocol (KServe's V2), as clients see it over REST and gRPC alike. */
import type { CallOptions, ModelRef } from '../client-options.ts';
import type { Host } from '../hosts/host.ts';
import type { NamedTensors } from '../tensor/tensor.ts';

/** A value of a parameter. */
export type ParameterValue = boolean | number | bigint | string;

/** Parameters by their names. */
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** An output that is wanted. */
export interface RequestedOutput {
  /** Of the model's output. */
  readonly name: string;
  /** Such as `{ classification: 3 }`. */
  readonly parameters?: Parameters | undefined;
}

/** What a model is asked. */
export interface InferRequest {
  /** The model's inputs by their names, in the order in which they are sent. */
  readonly inputs: NamedTensors;
  /** Names of the outputs that are wanted; all by default. */
  readonly outputs?: readonly (string | RequestedOutput)[] | undefined;
  /** Comes back in the answer. */
  readonly id?: string | undefined;
  /** Of the request. */
  readonly parameters?: Parameters | undefined;
}

/** What it answers. */
export interface InferResponse {
  /** The model that answered. */
  readonly modelName: string;
  /** Its version, where the server tells. */
  readonly modelVersion?: string | undefined;
  /** That of the request, or the server's own. */
  readonly id?: string | undefined;
  /** Of the answer; empty without any. */
  readonly parameters: Parameters;
  /** By their names. BYTES are `string` when all elements are UTF-8, else `bytes`. */
  readonly outputs: NamedTensors;
}

/** A server. */
export interface ServerMetadata {
  /** Such as `marserve` or `triton`. */
  readonly name: string;
  /** Of the server. */
  readonly version: string;
  /** What it speaks beyond the protocol, such as `binary_tensor_data`. */
  readonly extensions: readonly string[];
}

/** A tensor that a model takes or gives. */
export interface TensorMetadata {
  /** Of the input or output. */
  readonly name: string;
  /** In the protocol's words, such as `FP32`. */
  readonly datatype: string;
  /** −1 for any size. */
  readonly shape: readonly number[];
}

/** A model. */
export interface ModelMetadata {
  /** Of the model. */
  readonly name: string;
  /** Those that there are, where the server tells. */
  readonly versions?: readonly string[] | undefined;
  /** Such as `onnxruntime_onnx`. */
  readonly platform: string;
  /** What it takes. */
  readonly inputs: readonly TensorMetadata[];
  /** What it gives. */
  readonly outputs: readonly TensorMetadata[];
  /** What else a server tells over REST: this project's the `version` that answers, and the `digest` of its model. */
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** An entry of the model repository. */
export interface RepositoryModel {
  /** Of the model. */
  readonly name: string;
  /** Of the model, where it has one. */
  readonly version?: string | undefined;
  /** `READY`, `LOADING` or `UNAVAILABLE`. */
  readonly state?: string | undefined;
  /** Why it is in this state. */
  readonly reason?: string | undefined;
}

/** What REST and gRPC have in common. */
export interface V2Client {
  /**
   * Runs a model.
   * @example await client.infer('price', { inputs: { features: tensor('float32', [1, 3], [80, 3, 12]) } })
   * @throws ClientError; RangeError for a tensor that is none
   */
  infer(model: ModelRef, request: InferRequest, options?: CallOptions): Promise<InferResponse>;
  /** Whether the server is there. @throws ClientError without an answer */
  isLive(options?: CallOptions): Promise<boolean>;
  /** Whether the server can serve all its models. @throws ClientError without an answer */
  isReady(options?: CallOptions): Promise<boolean>;
  /** Whether the server has the model, ready. @throws ClientError without an answer */
  isModelReady(model: ModelRef, options?: CallOptions): Promise<boolean>;
  /** What the server is. @throws ClientError */
  serverMetadata(options?: CallOptions): Promise<ServerMetadata>;
  /** What the model takes and gives. @throws ClientError */
  modelMetadata(model: ModelRef, options?: CallOptions): Promise<ModelMetadata>;
  /** Models of the repository, loaded or not. @throws ClientError */
  repositoryIndex(options?: CallOptions): Promise<readonly RepositoryModel[]>;
  /** Loads a model of the repository; resolves when it is loaded. @throws ClientError */
  loadModel(name: string, options?: CallOptions): Promise<void>;
  /** Unloads all versions of a model. @throws ClientError */
  unloadModel(name: string, options?: CallOptions): Promise<void>;
  /** Where requests may go now: the addresses of all hosts, as far as they are known. */
  hosts(): Promise<readonly Host[]>;
  /** Closes the connections, when the calls on them are over. */
  close(): Promise<void>;
}
