/** Health and metadata of the server and of its models. */
import type { ModelReadiness } from '../../../core/data-plane.ts';
import { compactJson } from '../../compact-json.ts';
import type { Endpoint, PlainResponse } from '../../endpoint.ts';
import { identityHeaders } from '../../model-identity.ts';
import type { Planes } from '../../protocol.ts';
import { modelConfig } from '../models/model-config.ts';
import { modelMetadata } from '../models/model-metadata.ts';
import { serverMetadata } from '../models/server-metadata.ts';
import { get, getJson, ofModel } from './get-endpoints.ts';

/** `/v2`, health, metadata, configuration (protocols.md 2.2). */
export function createMetadataEndpoints(planes: Planes): Endpoint[] {
  const { dataPlane } = planes;
  // Triton's clients know no 503 of it.
  const notReady = planes.profile === 'triton' ? 400 : 503;
  const readyResponses = { 200: 'It is', [notReady]: 'It is not' };
  return [
    ...serverEndpoints(planes),
    {
      ...getJson('/v2/health/live', ['server_live', 'Whether the server works'], () => ({ live: true })),
      audience: 'open',
    },
    {
      ...get('/v2/health/ready', ['server_ready', 'Whether every model that was asked for can serve'], () => {
        const ready = dataPlane.isReady();
        return compactJson(ready ? 200 : notReady, { ready });
      }),
      audience: 'open',
      responses: readyResponses,
    },
    getJson('/v2/models', ['list_models', 'The names of all models'], () => ({ models: dataPlane.modelNames() })),
    ...ofModel('', ['model_metadata', 'What a model takes and gives'], (name, version) => {
      const metadata = modelMetadata(dataPlane, name, version);
      return compactJson(200, metadata, identityHeaders({ name, ...metadata.properties }));
    }),
    ...ofModel('/config', ['model_config', 'What a model is, as Triton describes it'], (name, version) =>
      compactJson(200, modelConfig(dataPlane.modelMetadata(name, version))),
    ),
    ...ofModel('/ready', ['model_ready', 'Whether a model can serve'], (name, version) =>
      readiness(dataPlane.modelReadiness(name, version), { name, notReady }),
    ).map((endpoint) => ({ ...endpoint, responses: { ...endpoint.responses, ...readyResponses } })),
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

interface AskedModel {
  readonly name: string;
  /** The status where it is not. */
  readonly notReady: number;
}

function readiness({ isReady, reason: error }: ModelReadiness, { name, notReady }: AskedModel): PlainResponse {
  return compactJson(isReady ? 200 : notReady, { name, ready: isReady, error });
}
