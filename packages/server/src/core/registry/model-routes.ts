/** Paths that the handlers of models answer themselves; what a method and a path are is not core's to know. */
import type { ModelKey } from '../model-key.ts';
import type { ModelRegistry } from './model-registry.ts';

/** One of a model's. */
export interface ModelRoute {
  /** One of HTTP's, in capitals. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Begins with a slash; `{name}` stands for a segment, and a last `{name*}` for the rest. */
  readonly path: string;
  /** Name of the handler's function that answers. */
  readonly handlerFunction: string;
}

/** One that is served. */
export interface ServedRoute extends ModelRoute {
  /** The model whose default version answers. */
  readonly model: string;
}

/** Whether a version may have its routes. @throws ServeError that says why not */
export type AdmitRoutes = (key: ModelKey, routes: readonly ModelRoute[]) => void;

/** The routes that are served. */
export interface RouteSource {
  /** Those of all default versions, by the names of their models. */
  read(): readonly ServedRoute[];
  /** Calls back when they have changed. */
  watch(listener: () => void): void;
}

/** @param routesOf gives those of a version */
export function createRouteSource<V extends { readonly key: ModelKey }>(
  registry: ModelRegistry<V>,
  routesOf: (version: V) => readonly ModelRoute[],
): RouteSource {
  const read = () =>
    registry.names().flatMap((model) => {
      const version = registry.find({ name: model });
      return version === undefined ? [] : routesOf(version).map((route) => ({ ...route, model }));
    });
  return {
    read,
    watch(listener) {
      let former = JSON.stringify(read());
      registry.watch(() => {
        const routes = JSON.stringify(read());
        if (routes === former) return;
        former = routes;
        listener();
      });
    },
  };
}
