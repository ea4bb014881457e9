/** Seldon Core's v1 protocol over REST. */
import { createGoldenCodec } from '../golden-codec.ts';
import type { Protocol } from '../protocol.ts';
import { replyMetaProblem } from '../reply-meta.ts';
import { createSeldonEndpoints } from './endpoints.ts';
import { seldonErrorResponse } from './errors.ts';
import { methodHeader } from './methods.ts';

/** For the daemon. */
export const seldon: Protocol = {
  createEndpoints: createSeldonEndpoints,
  errorResponse: seldonErrorResponse,
  replyProblem: replyMetaProblem,
  goldenCodec: createGoldenCodec({
    codec: 'seldon',
    headers: (sent) => [...sent, ...methodHeader('predictions')],
    errorResponse: seldonErrorResponse,
  }),
};
