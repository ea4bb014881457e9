/** Paths of models. */
import type { ModelRef } from '../client-options.ts';

/** Name and version of a model. */
export function modelOf(model: ModelRef): { readonly name: string; readonly version?: string | undefined } {
  return typeof model === 'string' ? { name: model } : model;
}

/** `mnist` or `mnist/2`, escaped. @param between what stands before the version */
export function modelPath(model: ModelRef, between = ''): string {
  const { name, version } = modelOf(model);
  const escaped = encodeURIComponent(name);
  return version === undefined ? escaped : `${escaped}/${between}${encodeURIComponent(version)}`;
}
