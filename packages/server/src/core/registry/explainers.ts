/** Which models explain the answers of others. */
import type { ModelKey } from '../model-key.ts';
import type { ModelRegistry } from './model-registry.ts';

/** The model that answers for another one where that is to explain: itself, unless one says that it `explains` it. */
export type ExplainerOf = (name: string) => string;

/** @param explainedBy name of the model that a version explains; those of default versions count, of several the first by name */
export function createExplainerOf<V extends { readonly key: ModelKey }>(
  registry: ModelRegistry<V>,
  explainedBy: (version: V) => string | undefined,
): ExplainerOf {
  let known: ReadonlyMap<string, string> | undefined;
  registry.watch(() => (known = undefined));
  return (name) => {
    known ??= explainersIn(registry, explainedBy);
    return known.get(name) ?? name;
  };
}

function explainersIn<V extends { readonly key: ModelKey }>(
  registry: ModelRegistry<V>,
  explainedBy: (version: V) => string | undefined,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const model of registry.names()) {
    const version = registry.find({ name: model });
    const explained = version && explainedBy(version);
    if (explained !== undefined && !found.has(explained)) found.set(explained, model);
  }
  return found;
}
