/** What features are called in an explanation. */
import type { ModelContext } from '../../handler.ts';
import { configError, isPlainObject } from '../../model-config.ts';

/** What there is to choose from, the first that is there counts. */
export interface KnownNames {
  /** `explainer.features`. */
  readonly config?: readonly string[] | undefined;
  /** The head of the background's file. */
  readonly background?: readonly string[] | undefined;
  /** Of the model's inputs. */
  readonly model?: readonly string[] | undefined;
}

/** Those of the section `tabular_classifier` count as well; else they are `f0`, `f1`, … @throws Error for names of another number */
export function featureNames({ modelConfig }: ModelContext, known: KnownNames, count: number): readonly string[] {
  const names = known.config ?? tabularNames(modelConfig) ?? known.background ?? known.model;
  if (names === undefined) return Array.from({ length: count }, (_, index) => `f${index}`);
  if (new Set(names).size < names.length) throw configError('explainer.features', 'names, each of one feature', names);
  if (names.length === count) return names;
  throw configError('explainer.features', `${count} names, one for each feature of the model`, names);
}

/** Those that are said, in the order of the model's features; undefined where none are. */
export function knownNames(
  { modelConfig }: ModelContext,
  { config, model }: KnownNames,
): readonly string[] | undefined {
  return config ?? tabularNames(modelConfig) ?? model;
}

/** Names of the features that `tabular_classifier` takes objects of. */
export function tabularNames(modelConfig: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const { tabular_classifier: section } = modelConfig;
  const names = isPlainObject(section) ? section.features : undefined;
  return Array.isArray(names) ? names.map(String) : undefined;
}
