/** What the endpoints of TorchServe's management API have in common. */
import type { Endpoint, Parameter } from '../endpoint.ts';
import { jsonResponse, statusResponse } from '../json-response.ts';
import type { ManagementHandler } from './management-handlers.ts';
import { readParameters } from './parameters.ts';
import { withWarnings } from './warnings.ts';

/** A parameter of the query. */
export const query = (name: string, type: Parameter['type'], description: string): Parameter => ({
  name,
  in: 'query',
  type,
  description,
  // What is not to be said is left out.
  ...(type === 'string' && { pattern: '\\S' }),
});

/** An endpoint whose handler is given what the table says of its parameters. */
export interface ManagementEndpoint extends Omit<Endpoint, 'audience' | 'handle'> {
  /** Does what is asked for. */
  readonly handle: ManagementHandler;
}

/** What the endpoint does not know is ignored, as by TorchServe, and the answer says so. */
export function withParameters({ handle, ...endpoint }: ManagementEndpoint): Endpoint {
  return {
    ...endpoint,
    audience: 'management',
    async handle(request) {
      const parameters = await readParameters(request, endpoint.parameters);
      const { status, message, value, warnings = [] } = await handle(request, parameters);
      const response = message === undefined ? jsonResponse(status, value) : statusResponse(status, message);
      const names = parameters.ignored.map((name) => `Unknown parameter ${name} is ignored`);
      return withWarnings(response, [...warnings, ...names]);
    },
  };
}
