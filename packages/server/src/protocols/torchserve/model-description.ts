/** The API description of one model, at `OPTIONS …/{model_name}`. */
import type { ModelRegistry } from '../../core/registry/model-registry.ts';
import type { Endpoint } from '../endpoint.ts';
import { jsonResponse } from '../json-response.ts';
import { describeApi, type ApiInfo } from '../openapi.ts';
import { MODEL_NAME } from '../model-parameters.ts';

/** The path that describes, and what of. */
export interface ModelDescriptionOptions extends Pick<Endpoint, 'audience' | 'path'> {
  /** Head of the description; the model is added to its title. */
  readonly info: ApiInfo;
  /** Where the model is looked up. */
  readonly registry: ModelRegistry;
}

/** `OPTIONS` on a path of a model: the description of its prediction path alone. @throws ServeError `model_not_found` */
export function createModelDescription(predictions: Endpoint, options: ModelDescriptionOptions): Endpoint {
  const { info, registry, audience, path: ownPath } = options;
  return {
    audience,
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
