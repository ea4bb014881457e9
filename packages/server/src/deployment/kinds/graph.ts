/** Graphs as their own kind: what a model's YAML file has, and a name. */
import type { Kind } from './kind.ts';

/** `{ kind: Graph, name, graph, … }` with any key of a model's YAML file. */
export const graph: Kind = {
  kind: 'Graph',
  plan(object) {
    for (const key of ['kind', 'apiVersion']) object.at(key).value();
    const name = object.at('name').required().text() ?? '';
    object.at('graph').required();
    const keys = object.keys().filter((key) => !OWN_KEYS.includes(key));
    const config = Object.fromEntries(keys.map((key) => [key, object.at(key).value()]));
    return [{ name, source: { handler: 'graph' }, config, stands: `Graph "${name}"` }];
  },
};

const OWN_KEYS = ['name', 'kind', 'apiVersion'];
