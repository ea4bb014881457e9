/** Feedback at the inference address, on paths as each protocol has them; the state of experiments at the management address. */
import type { ExperimentOperation } from '@marserve/handlers/experiment';
import type { DataPlane } from '../../core/data-plane.ts';
import type { BodyDescription, Endpoint, Parameter, PlainRequest, PlainResponse } from '../endpoint.ts';
import { MODEL_NAME } from '../model-parameters.ts';
import { onlyPart } from '../only-part.ts';
import { replyResponse } from '../reply-meta.ts';
import { requestTimeoutMs } from '../request-timeout.ts';
import { operationHeader } from './operation-header.ts';
import { CONTROL_SCHEMA, FEEDBACK_SCHEMA } from './schemas.ts';

const FEEDBACK: BodyDescription = {
  description: 'What came of a request, or a list of such',
  schema: FEEDBACK_SCHEMA,
};

const CONTROL: BodyDescription = { description: 'What changes', schema: CONTROL_SCHEMA };

const EXPERIMENT: Parameter = {
  name: 'experiment',
  in: 'query',
  type: 'string',
  description: 'Name of the router; needed where the graph has several',
};

const WRONG = {
  400: 'The request is wrong',
  404: 'No such model, experiment or request',
  503: 'The model cannot serve, or what it learns cannot be kept now',
};

/** The endpoints. */
export function createExperimentEndpoints(dataPlane: DataPlane): Endpoint[] {
  return [...feedbackEndpoints(dataPlane), ...stateEndpoints(dataPlane)];
}

const FEEDBACK_PATHS = [
  ['feedback', '/feedback/{model_name}'],
  ['v1_feedback', '/v1/models/{model_name}:feedback'],
  ['v2_feedback', '/v2/models/{model_name}/feedback'],
] as const;

function feedbackEndpoints(dataPlane: DataPlane): Endpoint[] {
  return FEEDBACK_PATHS.map(([operationId, path]) => ({
    audience: 'inference',
    method: 'POST',
    path,
    operationId,
    summary: 'Say what came of a prediction of a graph with a router',
    parameters: [MODEL_NAME],
    body: FEEDBACK,
    responses: { 200: 'It is counted, or was before; of a list, what became of each', ...WRONG },
    takesModelInput: true,
    handle: (request) => ask(dataPlane, 'feedback', request),
  }));
}

function stateEndpoints(dataPlane: DataPlane): Endpoint[] {
  const common = {
    audience: 'management',
    path: '/models/{model_name}/experiment',
    parameters: [MODEL_NAME, EXPERIMENT],
    responses: { 200: 'The state of the experiments', ...WRONG },
  } as const;
  const asks = (operation: ExperimentOperation) => (request: PlainRequest) => ask(dataPlane, operation, request);
  return [
    {
      ...common,
      method: 'GET',
      operationId: 'describe_experiment',
      summary: 'What is known of the arms of a graph',
      handle: asks('state'),
    },
    {
      ...common,
      method: 'PATCH',
      operationId: 'control_experiment',
      summary: 'Freeze an experiment, set the weights of its arms, or move a canary',
      body: CONTROL,
      handle: asks('control'),
    },
    {
      ...common,
      method: 'DELETE',
      operationId: 'reset_experiment',
      summary: 'Forget what is known of an experiment',
      handle: asks('reset'),
    },
    {
      ...common,
      method: 'POST',
      path: '/models/{model_name}/experiment/reset',
      operationId: 'post_experiment_reset',
      summary: 'The same',
      handle: asks('reset'),
    },
  ];
}

/** Whatever a worker of the default version says: all have one store. */
async function ask(
  dataPlane: DataPlane,
  operation: ExperimentOperation,
  request: PlainRequest,
): Promise<PlainResponse> {
  const { requestId, caller, rawHeaders, params, query } = request;
  const admission = dataPlane.admit(params['model_name'] ?? '');
  const timeoutMs = requestTimeoutMs(request);
  const inputs = await request.readInputs();
  const experiment = query.get('experiment') ?? undefined;
  const headers = [...rawHeaders, ...operationHeader({ operation, experiment })];
  const job = { operation: 'predict', requestId, codec: 'experiment-calls', headers, inputs, timeoutMs } as const;
  const answer = await onlyPart(await admission.submit(job, caller), 'experiments do not');
  return replyResponse(answer, request);
}
