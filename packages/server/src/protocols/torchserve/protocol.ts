/** TorchServe's REST. */
import type { Protocol } from '../protocol.ts';
import { createModelDescription } from './model-description.ts';
import { torchserveErrorResponse } from './errors.ts';
import { createGoldenCodec } from '../golden-codec.ts';
import { explainHeader } from '../explain-header.ts';
import { createGraphEndpoints } from './graph/graph-endpoints.ts';
import { createHealthEndpoints } from './health-endpoints.ts';
import { createInferenceEndpoints } from './inference-endpoints.ts';
import { createManagementEndpoints } from './management-endpoints.ts';
import { replyMetaProblem } from '../reply-meta.ts';
import { createWfpredictEndpoint } from './workflows/wfpredict-endpoint.ts';
import { createWorkflowEndpoints } from './workflows/workflow-endpoints.ts';

/** For the daemon. */
export const torchserve: Protocol = {
  createEndpoints(planes) {
    const { dataPlane, controlPlane, workflows, memoryOf, modelApiEnabled, serverVersion } = planes;
    const { registry } = controlPlane;
    const inference = createInferenceEndpoints(planes);
    const predictions = inference.filter(({ operationId }) => operationId === 'predictions');
    const info = { title: 'marserve inference API', version: serverVersion };
    const descriptions = predictions.flatMap((endpoint) => [
      createModelDescription(endpoint, { info, registry, audience: 'inference', path: '/predictions/{model_name}' }),
      createModelDescription(endpoint, { info, registry, audience: 'management', path: '/models/{model_name}' }),
    ]);
    return [
      ...inference,
      createWfpredictEndpoint(dataPlane),
      ...createManagementEndpoints({ controlPlane, memoryOf, modelApiEnabled }),
      ...createWorkflowEndpoints({ workflows, modelApiEnabled }),
      ...createGraphEndpoints({ dataPlane, controlPlane }),
      ...createHealthEndpoints(registry),
      ...descriptions,
    ];
  },
  errorResponse: torchserveErrorResponse,
  replyProblem: replyMetaProblem,
  goldenCodec: createGoldenCodec({
    codec: 'torchserve',
    headers: (sent, operation) => [...sent, ...explainHeader(operation), 'url_path', ''],
    errorResponse: torchserveErrorResponse,
  }),
};
