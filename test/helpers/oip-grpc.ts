/** Requests of the Open Inference Protocol over gRPC, as its loader gives and takes them. */
import { call, type GrpcClient } from './grpc-client.ts';

/** As far as tests look. */
export interface InferOutput {
  readonly name: string;
  readonly contents: Readonly<Record<string, unknown[]>> | null;
}

export interface InferResponse {
  readonly id: string;
  readonly outputs: readonly InferOutput[];
  readonly raw_output_contents: readonly Buffer[];
}

export function inferGrpc(client: GrpcClient, request: object): Promise<InferResponse> {
  return call<InferResponse>(client, 'ModelInfer', request);
}

/** Raw FP32. */
export const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);

const FP32 = { datatype: 'FP32', shape: [1, 2] };

/** What `sumAndDifferenceModel` takes, raw. */
export const SUM = {
  model_name: 'sum',
  inputs: [
    { name: 'a', ...FP32 },
    { name: 'b', ...FP32 },
  ],
  raw_input_contents: [floats(1, 2), floats(3, 4)],
};

/** One input of BYTES, typed. */
export const textRequest = (model_name: string, ...elements: string[]) => ({
  model_name,
  inputs: [
    {
      name: 'text',
      datatype: 'BYTES',
      shape: [elements.length],
      contents: { bytes_contents: elements.map((each) => Buffer.from(each)) },
    },
  ],
});
