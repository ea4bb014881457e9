/** What probes ask: TorchServe's `/ping`, and `/ready` and `/live` beside it, which name the models. */
import { healthOf, type Health, type ModelHealth } from '../../core/health.ts';
import type { ModelRegistry } from '../../core/registry/model-registry.ts';
import type { Endpoint, PlainResponse } from '../endpoint.ts';
import { jsonResponse } from '../json-response.ts';

const COMMON = { audience: 'open', method: '*', parameters: [] } as const;

/** For the inference address and the management address; where these are the same, they are there once. */
export function createHealthEndpoints(registry: ModelRegistry): Endpoint[] {
  const answering = (answer: (health: Health) => PlainResponse) => () => Promise.resolve(answer(healthOf(registry)));
  return [
    {
      ...COMMON,
      path: '/ping',
      operationId: 'ping',
      summary: 'Whether every model that was asked for can serve, as TorchServe says it',
      responses: { 200: 'Healthy', 500: 'Unhealthy' },
      handle: answering(({ isReady }) =>
        isReady ? jsonResponse(200, { status: 'Healthy' }) : jsonResponse(500, { status: 'Unhealthy' }),
      ),
    },
    {
      ...COMMON,
      path: '/ready',
      operationId: 'ready',
      summary: 'Whether every model that was asked for can serve, and why one cannot',
      responses: { 200: 'All are ready', 503: 'A model is starting or has failed' },
      handle: answering(({ isReady, models }) =>
        jsonResponse(isReady ? 200 : 503, { status: isReady ? 'Ready' : 'Not ready', models: models.map(describe) }),
      ),
    },
    {
      ...COMMON,
      path: '/live',
      operationId: 'live',
      summary: 'Whether the server works, whatever becomes of its models',
      responses: { 200: 'It does' },
      handle: answering(({ models }) => jsonResponse(200, { status: 'Live', models: models.map(describe) })),
    },
  ];
}

function describe({ name, version, label, state, reason, isRequired }: ModelHealth): Record<string, unknown> {
  return { modelName: name, modelVersion: version, archive: label, state, reason, isRequired };
}
