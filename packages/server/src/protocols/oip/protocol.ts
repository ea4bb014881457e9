/** The Open Inference Protocol (KServe's V2, Triton's) over REST. */
import type { Protocol } from '../protocol.ts';
import { createGoldenCodec } from '../golden-codec.ts';
import { withoutContentType } from '../without-content-type.ts';
import { replyMetaProblem } from '../reply-meta.ts';
import { oipErrorResponse } from './errors.ts';
import { createInferenceEndpoints } from './rest/inference-endpoints.ts';
import { createLoggingEndpoints } from './rest/logging-endpoints.ts';
import { createMetadataEndpoints } from './rest/metadata-endpoints.ts';
import { createRefusedEndpoints } from './rest/refused-endpoints.ts';
import { createRepositoryEndpoints } from './rest/repository-endpoints.ts';
import { createStatisticsEndpoints } from './rest/statistics-endpoints.ts';

/** For the daemon. */
export const oip: Protocol = {
  createEndpoints: (planes) => [
    ...createInferenceEndpoints(planes.dataPlane),
    ...createMetadataEndpoints(planes),
    ...createStatisticsEndpoints(planes.dataPlane),
    ...createRepositoryEndpoints(planes),
    ...createLoggingEndpoints(planes),
    ...createRefusedEndpoints(),
  ],
  errorResponse: oipErrorResponse,
  replyProblem: replyMetaProblem,
  goldenCodec: createGoldenCodec({ codec: 'oip', headers: withoutContentType, errorResponse: oipErrorResponse }),
};
