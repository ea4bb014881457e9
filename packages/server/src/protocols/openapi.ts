/** The API description (OpenAPI 3) of a listener, made from the very table that its routes are made from. */
import type { BodyDescription, Endpoint, Parameter } from './endpoint.ts';

/** Of the description's head. */
export interface ApiInfo {
  /** What the listener serves. */
  readonly title: string;
  /** Of the server. */
  readonly version: string;
}

type Json = Readonly<Record<string, unknown>>;

/** Methods that stand for "any" in the description. */
const ANY_METHOD = ['get', 'post', 'put', 'patch', 'delete'];
const BODY_METHODS = new Set(['post', 'put', 'patch', 'delete']);

/** As many digits as are read. */
const LARGEST_INTEGER = 999_999_999_999_999;

/** An OpenAPI 3.0.1 document. */
export function describeApi(info: ApiInfo, endpoints: readonly Endpoint[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace('*}', '}');
    // The first is the one that answers.
    paths[path] = { ...operationsOf(endpoint), ...paths[path] };
  }
  return { openapi: '3.0.1', info: { title: info.title, version: info.version }, paths };
}

function operationsOf(endpoint: Endpoint): Record<string, Json> {
  const isAny = endpoint.method === '*';
  const methods = isAny ? ANY_METHOD : [endpoint.method.toLowerCase()];
  return Object.fromEntries(methods.map((method) => [method, operation(endpoint, method, isAny)]));
}

function operation(endpoint: Endpoint, method: string, isAny: boolean): Json {
  const { operationId, summary, parameters, responses } = endpoint;
  const statuses = Object.entries(responses).map(([status, description]) => [status, { description }]);
  return {
    operationId: isAny ? `${operationId}_${method}` : operationId,
    summary,
    parameters: parameters.map(describeParameter),
    ...(BODY_METHODS.has(method) && describeBody(endpoint)),
    responses: Object.fromEntries(statuses) as Json,
  };
}

function describeParameter(parameter: Parameter): Json {
  const { name, in: place, description, required = false, type } = parameter;
  const { default: fallback, pattern } = parameter;
  return {
    name,
    in: place,
    description,
    required,
    schema: {
      type,
      ...(type === 'integer' && { minimum: parameter.minimum ?? -LARGEST_INTEGER, maximum: LARGEST_INTEGER }),
      ...(pattern !== undefined && { pattern }),
      ...(fallback !== undefined && { default: fallback }),
    },
  };
}

function describeBody({ body, takesModelInput = false }: Endpoint): Json {
  if (body !== undefined) return { requestBody: bodyOf(body) };
  return takesModelInput ? { requestBody: MODEL_INPUT } : {};
}

function bodyOf({ description, schema, bytesAs, isOptional = false }: BodyDescription): Json {
  const bytes = bytesAs === undefined ? {} : { [bytesAs]: { schema: BYTES } };
  return { description, required: !isOptional, content: { 'application/json': { schema }, ...bytes } };
}

const BYTES = { type: 'string', format: 'binary' };

const MODEL_INPUT: Json = {
  description: 'The input of the model: JSON, text, bytes, or named fields of a form',
  content: {
    'application/json': { schema: {} },
    'application/octet-stream': { schema: BYTES },
    'multipart/form-data': { schema: { type: 'object', additionalProperties: true } },
  },
};
