/** The Open Inference Protocol over gRPC. */
import type { CallOptions, ClientOptions, ModelRef } from '../client-options.ts';
import { ClientError } from '../client-error.ts';
import { modelOf } from '../rest/model-path.ts';
import { concatBytes } from '../tensor/tensor-bytes.ts';
import type { InferRequest, InferResponse, V2Client } from '../v2/v2-client.ts';
import { bytesIn, isTrue, readFields, textField, textIn } from '../protobuf/fields.ts';
import { GrpcCalls } from './grpc-calls.ts';
import { readInferResponse, writeInferRequest } from './infer-message.ts';
import { readModelMetadata, readRepositoryIndex, readServerMetadata } from './metadata-messages.ts';

/** A request of a stream, with the model that it is for. */
export interface StreamRequest extends InferRequest {
  /** By its name, or a version of it. */
  readonly model: ModelRef;
}

/** The protocol over gRPC. */
export interface V2GrpcClient extends V2Client {
  /**
   * Triton's ModelStreamInfer: requests as they come, answers as they come, several for a model that answers in parts.
   * @throws ClientError, also for an error among the answers
   */
  inferStream(
    requests: AsyncIterable<StreamRequest> | Iterable<StreamRequest>,
    options?: CallOptions,
  ): AsyncGenerator<InferResponse, void>;
}

/**
 * @param hosts such as `127.0.0.1:7070` or `grpcs://models.example`; several are used in turn
 * @throws RangeError for what is no address
 */
export function createV2GrpcClient(hosts: string | readonly string[], options: ClientOptions = {}): V2GrpcClient {
  const calls = new GrpcCalls(hosts, options);
  const asking = (call?: CallOptions) => asker(calls, call);
  return {
    infer: async (model, request, call) =>
      asking(call)('ModelInfer', writeInferRequest(model, request), readInferResponse),
    inferStream: (requests, call) =>
      calls.stream({ path: `${PATH}ModelStreamInfer`, messages: written(requests) }, readStreamResponse, call),
    isLive: (call) => asking(call)('ServerLive', NOTHING, readFlag),
    isReady: (call) => asking(call)('ServerReady', NOTHING, readFlag),
    isModelReady: (model, call) => notFoundIsNo(asking(call)('ModelReady', writeModel(model), readFlag)),
    serverMetadata: (call) => asking(call)('ServerMetadata', NOTHING, readServerMetadata),
    modelMetadata: (model, call) => asking(call)('ModelMetadata', writeModel(model), readModelMetadata),
    repositoryIndex: (call) => asking(call)('RepositoryIndex', NOTHING, readRepositoryIndex),
    loadModel: (name, call) => asking(call)('RepositoryModelLoad', writeRepositoryModel(name), nothing),
    unloadModel: (name, call) => asking(call)('RepositoryModelUnload', writeRepositoryModel(name), nothing),
    hosts: () => calls.hosts(),
    close: async () => calls.close(),
  };
}

const PATH = '/inference.GRPCInferenceService/';
const NOTHING = new Uint8Array();
const nothing = () => {};

/** Of the answers that have one. */
const readFlag = (answer: Uint8Array) => isTrue(readFields(answer), 1);

type Ask = <T>(method: string, message: Uint8Array<ArrayBuffer>, read: (answer: Uint8Array) => T) => Promise<T>;

function asker(calls: GrpcCalls, call?: CallOptions): Ask {
  return (method, message, read) => calls.send({ path: PATH + method, message }, read, call);
}

/** ModelReadyRequest and ModelMetadataRequest. */
function writeModel(model: ModelRef): Uint8Array<ArrayBuffer> {
  const { name, version = '' } = modelOf(model);
  return concatBytes([...textField(1, name), ...textField(2, version)]);
}

/** RepositoryModelLoadRequest and RepositoryModelUnloadRequest, as Triton has them. */
function writeRepositoryModel(name: string): Uint8Array<ArrayBuffer> {
  return concatBytes(textField(2, name));
}

async function* written(requests: AsyncIterable<StreamRequest> | Iterable<StreamRequest>) {
  for await (const { model, ...request } of requests) yield writeInferRequest(model, request);
}

/** ModelStreamInferResponse. */
function readStreamResponse(message: Uint8Array): InferResponse {
  const fields = readFields(message);
  const text = textIn(fields, 1);
  if (text !== '') throw new ClientError(text, { kind: 'status', text });
  return readInferResponse(bytesIn(fields, 2).at(-1) ?? new Uint8Array());
}

/** INVALID_ARGUMENT and NOT_FOUND: by these servers say that they do not have it. */
const NO = [3, 5];

async function notFoundIsNo(asked: Promise<boolean>): Promise<boolean> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ClientError && NO.includes(error.code ?? 0)) return false;
    throw error;
  }
}
