/** What the endpoints have in common that tell something: GET, and JSON. */
import { compactJson } from '../../compact-json.ts';
import type { Endpoint, PlainResponse } from '../../endpoint.ts';
import { MODEL_NAME, MODEL_VERSION } from '../../model-parameters.ts';

/** The name of an endpoint in API descriptions, and what it is for. */
export type Words = readonly [operationId: string, summary: string];

/** @param answer what it throws is the answer, too */
export function get(path: string, [operationId, summary]: Words, answer: () => PlainResponse): Endpoint {
  return {
    audience: 'inference',
    method: 'GET',
    path,
    operationId: `oip_${operationId}`,
    summary,
    parameters: [],
    responses: { 200: 'It' },
    // What it throws is to reject.
    handle: async () => Promise.resolve(answer()),
  };
}

/** JSON with status 200. */
export function getJson(path: string, words: Words, value: () => unknown): Endpoint {
  return get(path, words, () => compactJson(200, value()));
}

/** What is answered for a model, and for one of its versions. */
export type ModelAnswer = (name: string, version: string | undefined) => PlainResponse;

/** With and without a version. */
export function ofModel(suffix: string, [operationId, summary]: Words, answer: ModelAnswer): Endpoint[] {
  const common = {
    audience: 'inference',
    method: 'GET',
    responses: { 200: summary, 404: 'No such model or version' },
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
