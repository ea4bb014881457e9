/** The API description (OpenAPI 3) of a listener, made from the very table that its routes are made from. */
import type { Endpoint, Parameter } from './endpoint.ts';

export interface ApiInfo {
  readonly title: string;
  readonly version: string;
}

type Json = Readonly<Record<string, unknown>>;

/** Methods that stand for "any" in the description. */
const ANY_METHOD = ['get', 'post', 'put', 'delete'];
const BODY_METHODS = new Set(['post', 'put', 'delete']);

/** An OpenAPI 3.0.1 document. */
export function describeApi(info: ApiInfo, endpoints: readonly Endpoint[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace('*}', '}');
    paths[path] = { ...paths[path], ...operationsOf(endpoint) };
  }
  return { openapi: '3.0.1', info: { title: info.title, version: info.version }, paths };
}

function operationsOf(endpoint: Endpoint): Record<string, Json> {
  const isAny = endpoint.method === '*';
  const methods = isAny ? ANY_METHOD : [endpoint.method.toLowerCase()];
  return Object.fromEntries(methods.map((method) => [method, operation(endpoint, method, isAny)]));
}

function operation(endpoint: Endpoint, method: string, isAny: boolean): Json {
  const { operationId, summary, parameters, responses, takesModelInput } = endpoint;
  const statuses = Object.entries(responses).map(([status, description]) => [status, { description }]);
  return {
    operationId: isAny ? `${operationId}_${method}` : operationId,
    summary,
    parameters: parameters.map(describeParameter),
    ...(takesModelInput && BODY_METHODS.has(method) && { requestBody: MODEL_INPUT }),
    responses: Object.fromEntries(statuses) as Json,
  };
}

function describeParameter(parameter: Parameter): Json {
  const { name, in: place, description, required = false, type } = parameter;
  const fallback = parameter.default;
  return {
    name,
    in: place,
    description,
    required,
    schema: { type, ...(fallback !== undefined && { default: fallback }) },
  };
}

const MODEL_INPUT: Json = {
  description: 'The input of the model: JSON, text, bytes, or named fields of a form',
  content: {
    'application/json': { schema: {} },
    'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
    'multipart/form-data': { schema: { type: 'object', additionalProperties: true } },
  },
};
