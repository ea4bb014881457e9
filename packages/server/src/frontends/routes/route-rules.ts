/** Which routes a model may have: none that the server's protocols or another model have already. */
import { ServeError } from '../../core/errors.ts';
import type { ModelKey } from '../../core/model-key.ts';
import type { ModelRegistry } from '../../core/registry/model-registry.ts';
import type { AdmitRoutes, ModelRoute } from '../../core/registry/model-routes.ts';
import type { Endpoint, EndpointGroup } from '../../protocols/endpoint.ts';
import { pathsMeet } from './route-pattern.ts';

/** Known before the server's own paths are. */
export class RouteRules {
  readonly #registry: ModelRegistry;
  readonly #own: (Pick<Endpoint, 'method' | 'path'> & { readonly protocol: string })[] = [];

  /** @param registry of the models that have routes already */
  constructor(registry: ModelRegistry) {
    this.#registry = registry;
  }

  /** Paths of the server's own, whatever the method. */
  reserve(groups: readonly EndpointGroup[]): void {
    for (const { protocol, endpoints } of groups) {
      for (const { method, path, givesWay } of endpoints) if (!givesWay) this.#own.push({ method, path, protocol });
    }
  }

  /** @throws ServeError `invalid_argument` for a path of the server's own, `already_registered` for a route of another model */
  readonly admit: AdmitRoutes = (key, routes) => {
    for (const route of routes) {
      const own = this.#own.find(({ path }) => pathsMeet(path, route.path));
      if (own !== undefined) {
        const owner = `${own.method === '*' ? '' : `${own.method} `}${own.path} is a path of the server's (${own.protocol})`;
        throw new ServeError('invalid_argument', `${subject(key, route)}: ${owner}. ${ADVICE}`);
      }
      this.#assertNobodyElseHas(key, route);
    }
  };

  #assertNobodyElseHas(key: ModelKey, route: ModelRoute): void {
    for (const { key: other, model } of this.#registry.all()) {
      if (other.name === key.name) continue;
      const same = model.routes.find(({ method, path }) => method === route.method && pathsMeet(path, route.path));
      if (same === undefined) continue;
      const owner = `model "${other.name}" Version "${other.version}" has ${shown(same)} already`;
      throw new ServeError('already_registered', `${subject(key, route)}: ${owner}. ${ADVICE}`);
    }
  }
}

const ADVICE = "Choose another path in the section routes of the model's YAML file";

function subject({ name, version }: ModelKey, route: ModelRoute): string {
  return `Model "${name}" Version "${version}" cannot have the route ${shown(route)}`;
}

function shown({ method, path }: ModelRoute): string {
  return `${method} ${path}`;
}
