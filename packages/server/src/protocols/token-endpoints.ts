/** TorchServe's `/token`: makes a new key in place of one. */
import { ServeError } from '../core/errors.ts';
import type { Endpoint } from './endpoint.ts';
import { jsonResponse } from './json-response.ts';

/** What makes new keys. */
export interface TokenSource {
  /** @returns the key as the key file has it. @throws when it cannot be written down; the former one stays then */
  renew(name: 'inference' | 'management'): object;
}

/** For the management address, in the words of the default protocol (torchserve.md 3.8). */
export function createTokenEndpoints(source: TokenSource): Endpoint[] {
  return [
    {
      audience: 'tokens',
      method: '*',
      path: '/token',
      operationId: 'token',
      summary: 'A new key for predictions or for models; the former one counts no more',
      parameters: [
        {
          name: 'type',
          in: 'query',
          type: 'string',
          description: 'Which key: inference or management',
          required: true,
        },
      ],
      responses: { 200: 'The new key', 400: 'No such key', 401: 'The API key did not come' },
      handle: async ({ query }) => renew(source, query.getAll('type')),
    },
  ];
}

function renew(source: TokenSource, types: readonly string[]): ReturnType<typeof jsonResponse> {
  const [type, ...others] = types;
  if (others.length > 0 || (type !== 'inference' && type !== 'management')) {
    const came = type === undefined ? 'none' : `"${types.join(', ')}"`;
    throw new ServeError('invalid_argument', `Expected the parameter type as inference or management, came ${came}.`);
  }
  return jsonResponse(200, { [type]: source.renew(type) });
}
