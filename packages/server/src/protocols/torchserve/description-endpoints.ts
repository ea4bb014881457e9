/** The API description at `OPTIONS /` and `/api-description`, and of one model at `OPTIONS …/{model_name}`. */
import type { ModelRegistry } from '../../core/model-registry.ts';
import type { Endpoint } from '../endpoint.ts';
import { describeApi, type ApiInfo } from '../openapi.ts';
import { MODEL_NAME } from './inference-endpoints.ts';
import { jsonResponse } from './json-response.ts';

/** The given endpoints, and those that describe them. */
export function withDescription(info: ApiInfo, endpoints: readonly Endpoint[]): Endpoint[] {
  const common = {
    summary: 'This description',
    parameters: [],
    responses: { 200: 'An OpenAPI 3 document' },
    handle: () => Promise.resolve(jsonResponse(200, describeApi(info, all))),
  };
  const all: Endpoint[] = [
    ...endpoints,
    { ...common, method: 'OPTIONS', path: '/', operationId: 'describe_api' },
    { ...common, method: '*', path: '/api-description', operationId: 'api_description' },
  ];
  return all;
}

export interface ModelDescriptionOptions {
  readonly info: ApiInfo;
  readonly registry: ModelRegistry;
  /** The endpoint that is described. */
  readonly predictions: Endpoint;
  /** Where the description is to be had. */
  readonly path: string;
}

/** `OPTIONS` on a path of a model: the description of its prediction path alone. @throws ServeError `model_not_found` */
export function createModelDescription({
  info,
  registry,
  predictions,
  path: ownPath,
}: ModelDescriptionOptions): Endpoint {
  return {
    method: 'OPTIONS',
    path: ownPath,
    operationId: `describe_${ownPath.replaceAll(/\W+/g, '_')}`,
    summary: 'The description of one model’s path',
    parameters: [MODEL_NAME],
    responses: { 200: 'An OpenAPI 3 document', 404: 'No such model' },
    handle({ params }) {
      const name = params.model_name ?? '';
      const { key } = registry.resolve(name);
      const path = predictions.path.replace('{model_name}', name);
      const parameters = predictions.parameters.filter((parameter) => parameter !== MODEL_NAME);
      const title = `${info.title}: ${name} ${key.version}`;
      return Promise.resolve(
        jsonResponse(200, describeApi({ ...info, title }, [{ ...predictions, path, parameters }])),
      );
    },
  };
}
