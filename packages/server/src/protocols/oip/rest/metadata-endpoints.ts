/** Health and metadata of the server and of its models. */
import type { DataPlane } from '../../../core/data-plane.ts';
import type { Endpoint, PlainResponse } from '../../endpoint.ts';
import { compactJson } from '../../compact-json.ts';
import { modelConfig } from '../models/model-config.ts';
import { modelMetadata } from '../models/model-metadata.ts';
import { serverMetadata } from '../models/server-metadata.ts';
import { MODEL_NAME, MODEL_VERSION } from '../../model-parameters.ts';

const READY_RESPONSES = { 200: 'It is', 503: 'It is not' };
const MODEL_RESPONSES = { 404: 'No such model or version' };

export function createMetadataEndpoints(dataPlane: DataPlane, serverVersion: string): Endpoint[] {
  const server = serverMetadata(serverVersion);
  return [
    get('/v2', ['server_metadata', 'What the server is and which extensions it speaks'], () =>
      compactJson(200, server),
    ),
    {
      ...get('/v2/health/live', ['server_live', 'Whether the server works'], () => compactJson(200, { live: true })),
      audience: 'open',
    },
    {
      ...get('/v2/health/ready', ['server_ready', 'Whether every model that was asked for can serve'], () => {
        const ready = dataPlane.isReady();
        return compactJson(ready ? 200 : 503, { ready });
      }),
      audience: 'open',
      responses: READY_RESPONSES,
    },
    get('/v2/models', ['list_models', 'The names of all models'], () =>
      compactJson(200, { models: dataPlane.modelNames() }),
    ),
    ...ofModel('', ['model_metadata', 'What a model takes and gives'], (name, version) =>
      compactJson(200, modelMetadata(dataPlane, name, version)),
    ),
    ...ofModel('/config', ['model_config', 'What a model is, as Triton describes it'], (name, version) =>
      compactJson(200, modelConfig(dataPlane.modelMetadata(name, version))),
    ),
    ...ofModel('/ready', ['model_ready', 'Whether a model can serve'], (name, version) =>
      readiness(dataPlane, name, version),
    ).map((endpoint) => ({ ...endpoint, responses: { ...READY_RESPONSES, ...MODEL_RESPONSES } })),
  ];
}

/** The name of an endpoint in API descriptions, and what it is for. */
type Words = readonly [operationId: string, summary: string];

function get(path: string, [operationId, summary]: Words, answer: () => PlainResponse): Endpoint {
  const handle = () => Promise.resolve(answer());
  return {
    audience: 'inference',
    method: 'GET',
    path,
    operationId: `oip_${operationId}`,
    summary,
    parameters: [],
    responses: { 200: 'It' },
    handle,
  };
}

type ModelAnswer = (name: string, version: string | undefined) => PlainResponse;

/** With and without a version. */
function ofModel(suffix: string, [operationId, summary]: Words, answer: ModelAnswer): Endpoint[] {
  const common = {
    audience: 'inference',
    method: 'GET',
    responses: { 200: summary, ...MODEL_RESPONSES },
    // What it throws is to reject.
    handle: async ({ params }) => Promise.resolve(answer(params.model_name ?? '', params.model_version)),
  } as const satisfies Partial<Endpoint>;
  return [
    {
      ...common,
      path: `/v2/models/{model_name}${suffix}`,
      operationId: `oip_${operationId}`,
      summary: `${summary}: the default version`,
      parameters: [MODEL_NAME],
    },
    {
      ...common,
      path: `/v2/models/{model_name}/versions/{model_version}${suffix}`,
      operationId: `oip_version_${operationId}`,
      summary: `${summary}: one version`,
      parameters: [MODEL_NAME, MODEL_VERSION],
    },
  ];
}

function readiness(dataPlane: DataPlane, name: string, version: string | undefined): PlainResponse {
  const { isReady: ready, reason: error } = dataPlane.modelReadiness(name, version);
  return compactJson(ready ? 200 : 503, { name, ready, error });
}
