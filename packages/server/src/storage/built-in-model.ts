/** Models that are configuration alone: a built-in handler, such as a graph, and the keys that its registration says. */
import type { Manifest } from '@marserve/archiver/format';
import { ServeError } from '../core/errors.ts';

/** A handler of this package's own, as a model. */
export interface BuiltInModel {
  /** Its name, such as `graph`. */
  readonly handler: string;
  /** Version of the model. */
  readonly version: string;
}

const SCHEME = 'handler:';

/** How a registration calls one. */
export function builtInUrl({ handler, version }: BuiltInModel): string {
  return `${SCHEME}${handler}/${version}`;
}

/** @param url such as `handler:graph/2.0`; without a version it is 1.0 @returns undefined for any other @throws ServeError */
export function findBuiltIn(url: string): BuiltInModel | undefined {
  if (!url.startsWith(SCHEME)) return undefined;
  const [, handler, version = '1.0'] = /^handler:([a-z][a-z0-9_]*)(?:\/([^/]+))?$/.exec(url) ?? [];
  if (handler !== undefined) return { handler, version };
  throw new ServeError(
    'archive_not_found',
    `Model not found at: ${url} (expected handler:NAME or handler:NAME/VERSION)`,
  );
}

/** What its manifest would say. */
export function builtInManifest({ handler, version }: BuiltInModel): Manifest {
  return { runtime: 'node', model: { modelName: handler, modelVersion: version, handler } };
}
