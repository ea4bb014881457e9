/** The protocols that there are over gRPC; Node alone. */
export { createV2GrpcClient, type StreamRequest, type V2GrpcClient } from './grpc/grpc-client.ts';
export { createOnnxRuntimeServerGrpcClient } from './onnxruntime-server/grpc-client.ts';
export { createSeldonGrpcClient } from './seldon/grpc-client.ts';
export type { PredictionInputs } from './torchserve/grpc-messages.ts';
export {
  createTorchServeGrpcClient,
  type SequenceAnswer,
  type SequenceRequest,
  type TorchServeGrpcClient,
} from './torchserve/grpc-client.ts';
export { createManagementGrpcClient } from './torchserve/grpc-management-client.ts';
