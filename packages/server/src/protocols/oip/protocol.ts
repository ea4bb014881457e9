/** The Open Inference Protocol (KServe's V2, Triton's) over REST. */
import type { Protocol } from '../protocol.ts';
import { createGoldenCodec } from '../golden-codec.ts';
import { replyMetaProblem } from '../reply-meta.ts';
import { oipErrorResponse, tritonErrorResponse } from './errors.ts';
import { createInferenceEndpoints } from './rest/inference-endpoints.ts';
import { createLoggingEndpoints } from './rest/logging-endpoints.ts';
import { createMetadataEndpoints } from './rest/metadata-endpoints.ts';
import { createRefusedEndpoints } from './rest/refused-endpoints.ts';
import { createRepositoryEndpoints } from './rest/repository-endpoints.ts';
import { createStatisticsEndpoints } from './rest/statistics-endpoints.ts';

/** For the daemon. @param profile `triton` has that server's statuses where the protocol leaves them open */
export function oipIn(profile: string): Protocol {
  const errorResponse = profile === 'triton' ? tritonErrorResponse : oipErrorResponse;
  return {
    createEndpoints: (planes) => [
      ...createInferenceEndpoints(planes),
      ...createMetadataEndpoints(planes),
      ...createStatisticsEndpoints(planes.dataPlane),
      ...createRepositoryEndpoints(planes),
      ...createLoggingEndpoints(planes),
      ...createRefusedEndpoints(),
    ],
    errorResponse,
    replyProblem: replyMetaProblem,
    goldenCodec: createGoldenCodec({ codec: 'oip', headers: (sent) => sent, errorResponse }),
  };
}
