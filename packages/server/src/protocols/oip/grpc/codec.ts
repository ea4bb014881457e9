/** From a ModelInferRequest to a row, and from its result to a ModelInferResponse; runs in the worker. */
import type { RowResult } from '@marserve/handlers';
import type { ResponseOverrides } from '@marserve/handlers/context';
import { mergeOverrides, type Codec, type CodecModel, type Encoded } from '../../codec.ts';
import type { ReplyMeta } from '../../reply-meta.ts';
import { decodeInference, inferResponse } from '../inference/decode-inference.ts';
import type { InferRequest } from '../inference/infer-request.ts';
import { readInferRequestMessage } from './infer-request-message.ts';
import { writeInferResponseMessage } from './infer-response-message.ts';

/** Takes the message as the only input. */
export const oipGrpcCodec: Codec = {
  decode({ inputs: [message] }, model) {
    return decodeInference(readInferRequestMessage(message?.bytes ?? Buffer.alloc(0)), model);
  },
  encode: ({ results, overrides, reply }, model) =>
    encodeResult({ value: results[0], overrides: mergeOverrides(overrides), reply: reply as InferRequest }, model),
  encodePart: ({ value, overrides, reply }, model) =>
    encodeResult({ value, overrides, reply: reply as InferRequest }, model),
};

interface Result {
  readonly value: RowResult;
  readonly overrides: ResponseOverrides;
  readonly reply: InferRequest;
}

function encodeResult({ value, overrides, reply }: Result, model: CodecModel): Encoded {
  const { id, outputs, isBinary } = reply;
  const { headers, status, reason, parameters = {} } = overrides;
  const response = inferResponse({ id, value, parameters }, model);
  const meta: ReplyMeta = {
    contentType: 'application/grpc+proto',
    headers,
    ...(status !== undefined && { status, reason }),
  };
  return { meta, body: writeInferResponseMessage(response, { ...(outputs && { outputs }), isBinary }) };
}
