import { expect, it } from 'vitest';
import { createExplainerOf } from './explainers.ts';
import { ModelRegistry } from './model-registry.ts';

interface Version {
  readonly key: { readonly name: string; readonly version: string };
  readonly explains?: string;
}

const version = (name: string, explains?: string, number = '1.0'): Version => ({
  key: { name, version: number },
  ...(explains !== undefined && { explains }),
});

function createRegistry(...versions: readonly Version[]) {
  const registry = new ModelRegistry<Version>();
  for (const each of versions) registry.add(each);
  return { registry, explainerOf: createExplainerOf(registry, ({ explains }) => explains) };
}

it('a model is explained by itself, unless another says that it explains it', () => {
  const { explainerOf } = createRegistry(version('iris'), version('why', 'iris'));
  expect(['iris', 'why', 'nobody'].map(explainerOf)).toEqual(['why', 'why', 'nobody']);
});

it('of several the first by name does it', () => {
  const { explainerOf } = createRegistry(version('iris'), version('b', 'iris'), version('a', 'iris'));
  expect(explainerOf('iris')).toBe('a');
});

it('what the default version says counts, and what is registered now', () => {
  const [first, second] = [version('why', 'iris'), version('why', 'rose', '2.0')];
  const { registry, explainerOf } = createRegistry(version('iris'), first);
  expect(explainerOf('iris')).toBe('why');
  registry.add(second);
  registry.setDefault(second.key);
  expect(['iris', 'rose'].map(explainerOf)).toEqual(['iris', 'why']);
  registry.remove(second);
  registry.remove(first);
  expect(['iris', 'rose'].map(explainerOf)).toEqual(['iris', 'rose']);
});
