/** How paths name a model. */
import { ServeError } from '../core/errors.ts';
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

/** What it says; not given, it is false. @throws ServeError `invalid_argument` for anything but true and false */
export function readForce(query: URLSearchParams): boolean {
  const force = query.get('force') ?? 'false';
  if (force === 'true' || force === 'false') return force === 'true';
  throw new ServeError('invalid_argument', `Parameter force must be true or false, got ${JSON.stringify(force)}.`);
}
