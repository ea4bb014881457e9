/** What is said of several messages, as it is said of the one that is made of them. */
import type { SeldonMeta } from './seldon-message.ts';

/** The id of the first; tags, components and metrics of all: of those with the same name the last counts. */
export function mergedMeta(metas: readonly SeldonMeta[]): SeldonMeta {
  const puid = metas[0]?.puid;
  return {
    ...(puid !== undefined && { puid }),
    tags: Object.assign({}, ...metas.map(({ tags }) => tags)) as SeldonMeta['tags'] & object,
    requestPath: Object.assign({}, ...metas.map(({ requestPath }) => requestPath)) as Record<string, string>,
    metrics: metas.flatMap(({ metrics = [] }) => metrics),
  };
}
