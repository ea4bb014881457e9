/** The protocols that there are over gRPC; Node alone. */
export { createV2GrpcClient, type StreamRequest, type V2GrpcClient } from './grpc/grpc-client.ts';
export { createOnnxRuntimeServerGrpcClient } from './onnxruntime-server/grpc-client.ts';
