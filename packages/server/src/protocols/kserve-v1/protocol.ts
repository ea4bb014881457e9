/** KServe's V1 protocol. */
import type { Protocol } from '../protocol.ts';
import { explainHeader } from '../explain-header.ts';
import { createGoldenCodec } from '../golden-codec.ts';
import { replyMetaProblem } from '../reply-meta.ts';
import { createKserveV1Endpoints } from './endpoints.ts';
import { kserveV1ErrorResponse } from './errors.ts';

/** For the daemon. */
export const kserveV1: Protocol = {
  createEndpoints: createKserveV1Endpoints,
  errorResponse: kserveV1ErrorResponse,
  replyProblem: replyMetaProblem,
  goldenCodec: createGoldenCodec({
    codec: 'kserve-v1',
    headers: (sent, operation) => [...sent, ...explainHeader(operation)],
    errorResponse: kserveV1ErrorResponse,
  }),
};
