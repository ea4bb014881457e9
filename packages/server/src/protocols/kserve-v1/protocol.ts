/** KServe's V1 protocol. */
import type { Protocol } from '../protocol.ts';
import { replyMetaProblem } from '../reply-meta.ts';
import { createKserveV1Endpoints } from './endpoints.ts';
import { kserveV1ErrorResponse } from './errors.ts';

export const kserveV1: Protocol = {
  createEndpoints: ({ dataPlane }) => createKserveV1Endpoints(dataPlane),
  errorResponse: kserveV1ErrorResponse,
  replyProblem: replyMetaProblem,
};
