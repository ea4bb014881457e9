/** The handlers that come with the package. */

/** Their names, as a manifest has them. */
export const BUILT_IN_NAMES = [
  'base_handler',
  'base_transformer',
  'graph',
  'image_classifier',
  'seldon_graph',
  'tabular_classifier',
  'vector_search',
  'workflow',
] as const;

/** One of them. */
export type BuiltInName = (typeof BUILT_IN_NAMES)[number];
