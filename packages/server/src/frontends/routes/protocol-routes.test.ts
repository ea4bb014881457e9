import { describe, expect, it } from 'vitest';
import { ModelRegistry } from '../../core/registry/model-registry.ts';
import type { Endpoint } from '../../protocols/endpoint.ts';
import { PROTOCOLS } from '../../protocols/index.ts';
import type { Planes } from '../../protocols/protocol.ts';
import { createRouteTable } from './route-table.ts';

const planes = {
  dataPlane: {},
  controlPlane: { registry: new ModelRegistry() },
  isManagedBesideInference: true,
} as unknown as Planes;
const protocols = await Promise.all(
  PROTOCOLS.map(async ({ name, load }) => ({ protocol: name, ...(await load('torchserve')) })),
);
const groups = protocols.map(({ createEndpoints, ...group }) => ({ ...group, endpoints: createEndpoints(planes) }));
const { find } = createRouteTable({ groups, errorResponse: () => ({ status: 500, headers: {}, body: '' }) });

/** Values of the names in a path, as they are written there; the rest of a path is not decoded. */
const VALUES = ['m', 'a.b-C_1', 'UPPER', 'a:b', '%3A', 'a%20b', '%C3%A9', '%2F', 'predictions', 'v1', '1.0'];
const methodOf = ({ method }: Endpoint) => (method === '*' ? 'POST' : method);

describe.each(groups.filter(({ endpoints }) => endpoints.length > 0))('$protocol', ({ endpoints }) => {
  it.each(endpoints.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint] as const))(
    'has %s, whatever the names in it are, as long as no other protocol takes it',
    (_, endpoint) => {
      for (const value of VALUES) {
        const path = endpoint.path.replace(/\{\w+\*?\}/g, value);
        for (const end of ['', '/', '//']) {
          const { handle: usual, byMediaType, params } = find(methodOf(endpoint), path + end);
          const [mediaType] = endpoint.forMediaTypes ?? [];
          const handle = mediaType === undefined ? usual : byMediaType?.get(mediaType)?.handle;
          expect(handle, path).toBe(endpoint.handle);
          for (const [name, actual] of Object.entries(params)) {
            expect(actual).toBe(endpoint.path.includes(`{${name}*}`) ? value : decodeURIComponent(value));
          }
        }
      }
    },
  );
});
