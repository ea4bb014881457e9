/** Messages of ONNX Runtime Server, as grpc-js' loader makes them of the .proto files. */
import path from 'node:path';
import type { MethodDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { PROTOS, type GrpcService } from './grpc-client.ts';

export const ONNXRUNTIME_SERVER: GrpcService = {
  file: 'onnxruntime-server/prediction_service.proto',
  service: 'onnxruntime.server.PredictionService',
};

/** onnx.TensorProto, as far as tests look. */
export interface TensorMessage {
  readonly dims: readonly (string | number)[];
  readonly data_type: number;
  readonly raw_data?: Buffer;
  readonly [field: string]: unknown;
}

export interface PredictMessage {
  readonly inputs: Readonly<Record<string, TensorMessage>>;
  readonly output_filter?: readonly string[];
}

export interface PredictAnswer {
  readonly outputs: Readonly<Record<string, TensorMessage>>;
}

const definitions = loadSync(path.join(PROTOS, ONNXRUNTIME_SERVER.file), {
  keepCase: true,
  includeDirs: [PROTOS],
  longs: String,
});
const { Predict } = definitions[ONNXRUNTIME_SERVER.service] as unknown as {
  Predict: MethodDefinition<PredictMessage, PredictAnswer>;
};

export const encodeRequest = (request: PredictMessage): Buffer => Predict.requestSerialize(request);
export const decodeAnswer = (bytes: Uint8Array): PredictAnswer => Predict.responseDeserialize(Buffer.from(bytes));

const PROTOBUF = 'application/x-protobuf';

/** Asks over REST in protobuf. @throws Error for a refusal */
export async function predictProtobuf(url: string, request: PredictMessage): Promise<PredictAnswer> {
  const body = encodeRequest(request);
  const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': PROTOBUF, accept: PROTOBUF } });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${bytes.toString()}`);
  return decodeAnswer(bytes);
}
