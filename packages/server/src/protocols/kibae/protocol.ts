/** The session API of kibae's onnxruntime-server. */
import { createGoldenCodec } from '../golden-codec.ts';
import type { Protocol } from '../protocol.ts';
import { replyMetaProblem } from '../reply-meta.ts';
import { createKibaeEndpoints } from './endpoints.ts';
import { kibaeErrorResponse } from './errors.ts';

/** For the daemon. */
export const kibae: Protocol = {
  createEndpoints: createKibaeEndpoints,
  errorResponse: kibaeErrorResponse,
  replyProblem: replyMetaProblem,
  goldenCodec: createGoldenCodec({ codec: 'kibae', headers: (sent) => sent, errorResponse: kibaeErrorResponse }),
};
