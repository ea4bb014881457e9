/** ONNX Runtime Server's protocol over REST. */
import { createGoldenCodec } from '../golden-codec.ts';
import type { Protocol } from '../protocol.ts';
import { replyMetaProblem } from '../reply-meta.ts';
import { createOnnxruntimeServerEndpoints } from './endpoints.ts';
import { onnxruntimeServerErrorResponse } from './errors.ts';

/** For the daemon. */
export const onnxruntimeServer: Protocol = {
  createEndpoints: createOnnxruntimeServerEndpoints,
  errorResponse: onnxruntimeServerErrorResponse,
  replyProblem: replyMetaProblem,
  goldenCodec: createGoldenCodec({
    codec: 'onnxruntime-server',
    headers: (sent) => sent,
    errorResponse: onnxruntimeServerErrorResponse,
  }),
};
