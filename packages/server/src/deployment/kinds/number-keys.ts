/** Numbers of an object that are keys of a model's YAML file. */
import type { Spec } from '../spec.ts';

/** @param keys of the object → of the YAML file @returns those that are there @throws SpecError for what is no number */
export function numberKeys(spec: Spec, keys: Readonly<Record<string, string>>): Record<string, number> {
  const found = Object.entries(keys).map(([key, own]) => [own, spec.at(key).number(0)] as const);
  return Object.fromEntries(found.filter((pair): pair is [string, number] => pair[1] !== undefined));
}
