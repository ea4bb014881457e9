/** What explains a service: a model that stands beside it, where an archive is known for what the file names. */
import type { PlannedModel } from '../plan.ts';
import type { ObjectMetadata } from './metadata.ts';
import type { Spec } from '../spec.ts';

/** A service that is explained. */
export interface ExplainedService extends Pick<PlannedModel, 'stands'> {
  /** Name of the model whose explanations these are. */
  readonly name: string;
  /** The model that the explainer asks for predictions. */
  readonly predictor: string;
  /** Further keys of the explainer's YAML file. */
  readonly keys: Readonly<Record<string, unknown>>;
}

/** `NAME-explainer`. */
export function explainerModel(url: string, { name, predictor, keys, stands }: ExplainedService): PlannedModel {
  const config = { explains: name, predictor_host: `local:${predictor}`, ...keys };
  return { name: `${name}-explainer`, source: { url }, config, stands: `explainer of ${stands}` };
}

/**
 * The archive that stands for an explainer of somebody else, by its address or its image.
 * @returns undefined where the table has none: then it is noted that the explainer does nothing here
 */
export function archiveOfExplainer(
  explainer: Spec,
  named: readonly Spec[],
  archives: ObjectMetadata['archives'],
): string | undefined {
  const url = named.map((spec) => archives.named(spec.text() ?? '')).find((each) => each !== undefined);
  if (url === undefined) explainer.ignore(ADVICE);
  return url;
}

const ADVICE =
  'explainers of others are not run; name an archive for it among archives, or give the predictor one with a section explainer, see docs/explainers.md';
