/** The Open Inference Protocol over gRPC; Node alone. */
export { createV2GrpcClient, type StreamRequest, type V2GrpcClient } from './grpc/grpc-client.ts';
