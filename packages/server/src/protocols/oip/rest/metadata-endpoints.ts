/** Health and metadata of the server and of its models. */
import type { DataPlane } from '../../../core/data-plane.ts';
import { compactJson } from '../../compact-json.ts';
import type { Endpoint, PlainResponse } from '../../endpoint.ts';
import type { Planes } from '../../protocol.ts';
import { modelConfig } from '../models/model-config.ts';
import { modelMetadata } from '../models/model-metadata.ts';
import { serverMetadata } from '../models/server-metadata.ts';
import { get, getJson, ofModel } from './get-endpoints.ts';

const READY_RESPONSES = { 200: 'It is', 503: 'It is not' };

/** `/v2`, health, metadata, configuration (protocols.md 2.2). */
export function createMetadataEndpoints(planes: Planes): Endpoint[] {
  const { dataPlane } = planes;
  return [
    ...serverEndpoints(planes),
    {
      ...getJson('/v2/health/live', ['server_live', 'Whether the server works'], () => ({ live: true })),
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
    getJson('/v2/models', ['list_models', 'The names of all models'], () => ({ models: dataPlane.modelNames() })),
    ...ofModel('', ['model_metadata', 'What a model takes and gives'], (name, version) =>
      compactJson(200, modelMetadata(dataPlane, name, version)),
    ),
    ...ofModel('/config', ['model_config', 'What a model is, as Triton describes it'], (name, version) =>
      compactJson(200, modelConfig(dataPlane.modelMetadata(name, version))),
    ),
    ...ofModel('/ready', ['model_ready', 'Whether a model can serve'], (name, version) =>
      readiness(dataPlane, name, version),
    ).map((endpoint) => ({ ...endpoint, responses: { ...endpoint.responses, ...READY_RESPONSES } })),
  ];
}

/** One for each address, or for both where they are one. */
function serverEndpoints(planes: Planes): Endpoint[] {
  const words = ['server_metadata', 'What the server is and which extensions it speaks'] as const;
  const forInference = getJson('/v2', words, () => serverMetadata(planes));
  if (planes.isManagedBesideInference) return [forInference];
  const forManagement = getJson('/v2', words, () => serverMetadata(planes, 'management'));
  return [forInference, { ...forManagement, audience: 'management', operationId: 'oip_management_metadata' }];
}

function readiness(dataPlane: DataPlane, name: string, version: string | undefined): PlainResponse {
  const { isReady: ready, reason: error } = dataPlane.modelReadiness(name, version);
  return compactJson(ready ? 200 : 503, { name, ready, error });
}
