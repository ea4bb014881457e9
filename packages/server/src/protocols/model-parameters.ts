/** How paths name a model. */
import type { Parameter } from './endpoint.ts';

/** `{model_name}` of a path. */
export const MODEL_NAME: Parameter = {
  name: 'model_name',
  in: 'path',
  type: 'string',
  description: 'Name of the model',
  required: true,
};

/** `{model_version}` of a path. */
export const MODEL_VERSION: Parameter = {
  name: 'model_version',
  in: 'path',
  type: 'string',
  description: 'Version of the model; the default version when it is not given',
  required: true,
};

/** `force` of a query. */
export const FORCE: Parameter = {
  name: 'force',
  in: 'query',
  type: 'boolean',
  description: 'Whether a version goes although other models ask for it and cannot do without',
  default: false,
};
