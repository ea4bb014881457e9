/** All REST endpoints that are served at one address, in the groups of their protocols. */
import type { Api } from './apis.ts';
import type { HttpServerOptions } from './frontends/http/http-server.ts';
import { createDescriptionEndpoints } from './protocols/description-endpoints.ts';
import type { EndpointGroup } from './protocols/endpoint.ts';

/** What a listener of HTTP serves. */
export type ServedEndpoints = Pick<HttpServerOptions, 'name' | 'groups' | 'errorResponse'>;

/** @param apis those of one address @param version of the server, for their description */
export function servedEndpoints(apis: readonly [Api, ...Api[]], version: string): ServedEndpoints {
  const [first] = apis;
  const groups = mergeGroups(apis.flatMap((api) => api.groups));
  const [main, ...others] = groups;
  if (main === undefined) throw new Error(`the ${first.name} API has no protocol`);
  const info = { title: apis.map(({ title }) => title).join(', '), version };
  // Of two with one path the first is described.
  const described = () =>
    [...groups.flatMap(({ live }) => live?.read() ?? []), ...groups.flatMap(({ endpoints }) => endpoints)].filter(
      ({ forMediaTypes }) => forMediaTypes === undefined,
    );
  const description = createDescriptionEndpoints(info, described);
  return {
    name: first.name,
    groups: [{ ...main, endpoints: [...main.endpoints, ...description] }, ...others],
    errorResponse: main.errorResponse,
  };
}

/** One for each protocol; what several APIs have in common is there once. */
function mergeGroups(groups: readonly EndpointGroup[]): EndpointGroup[] {
  const merged = new Map<string, EndpointGroup>();
  for (const group of groups) {
    const before = merged.get(group.protocol);
    const endpoints = [...new Set([...(before?.endpoints ?? []), ...group.endpoints])];
    merged.set(group.protocol, { ...group, endpoints, live: before?.live ?? group.live });
  }
  return [...merged.values()];
}
