/** A typed client of model servers over REST; it runs in browsers, too. For gRPC import `@marserve/client/grpc`. */
export { ClientError, type ClientErrorFacts, type ClientErrorKind } from './client-error.ts';
export type { CallOptions, ClientOptions, ModelRef, ResponseHead, TlsOptions } from './client-options.ts';
export type { Host } from './hosts/host.ts';
export { forwardedHeaders } from './forward-headers.ts';
export { tensorTypeOf } from './tensor/datatypes.ts';
export { fromHalf, toHalf } from './tensor/half.ts';
export {
  bytesOf,
  tensor,
  type NamedTensors,
  type NumericType,
  type Tensor,
  type TensorData,
  type TensorElements,
  type TensorType,
} from './tensor/tensor.ts';
export type { SessionInputs } from './kibae/lists.ts';
export type { Session, SessionTensor } from './kibae/session.ts';
export { createSessionsClient, type SessionRef, type SessionsClient } from './kibae/sessions-client.ts';
export type { OnnxRuntimeServerClient, PredictRequest, PredictResponse } from './onnxruntime-server/predict.ts';
export { createOnnxRuntimeServerClient, type OnnxRuntimeServerOptions } from './onnxruntime-server/rest-client.ts';
export { createSeldonClient, type SeldonClient, type SeldonClientOptions } from './seldon/seldon-client.ts';
export type { SeldonData, SeldonFeedback, SeldonMessage, SeldonMeta, SeldonStatus } from './seldon/seldon-message.ts';
export {
  createManagementClient,
  type ListedModel,
  type ManagementClient,
  type ModelDescription,
  type RegisterOptions,
  type ScaleOptions,
  type WorkerDescription,
} from './torchserve/management-client.ts';
export type { PredictionInput, TypedBytes } from './torchserve/prediction-input.ts';
export { createTorchServeClient, type TorchServeClient } from './torchserve/torchserve-client.ts';
export { createV1Client, type V1Answer, type V1Client, type V1Request } from './v1/v1-client.ts';
export { createV2Client, type V2RestClient, type V2RestOptions } from './v2/rest-client.ts';
export type {
  InferRequest,
  InferResponse,
  ModelMetadata,
  ParameterValue,
  Parameters,
  RepositoryModel,
  RequestedOutput,
  ServerMetadata,
  TensorMetadata,
  V2Client,
} from './v2/v2-client.ts';
