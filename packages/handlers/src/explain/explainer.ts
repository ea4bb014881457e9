/** What answers `explain` in place of a handler's own hook, where the model config has a section `explainer`. */
import type { Handler, HandlerContext, ModelContext, Row, RowResult } from '../handler.ts';
import { configError, isPlainObject, oneOf } from '../model-config.ts';

/** Explains predictions of a loaded model. */
export interface Explainer {
  /** One result for each row: `{predictions, explanations}`, or an Error. */
  explain(rows: Row[], context: HandlerContext): Promise<RowResult[]>;
}

/** The handler whose predictions are explained. */
export interface ExplainedHandler {
  /** Where it is an object; undefined for a function. */
  readonly instance?: Handler | undefined;
  /** Its answers, as clients get them. @throws whatever it throws */
  predict(rows: Row[], context: HandlerContext): Promise<RowResult[]>;
}

/** A way to explain. @throws Error for settings and files that do not fit the model */
export type OpenExplainer = (handler: ExplainedHandler, context: ModelContext) => Promise<Explainer>;

/** Each is imported when a model asks for it. */
const METHODS: Readonly<Record<string, () => Promise<OpenExplainer>>> = {
  anchors: async () => (await import('./anchors/anchors.ts')).openAnchors,
  kernel_shap: async () => (await import('./shap/sampled-shap.ts')).openKernelShap,
  lime_image: async () => (await import('./image/lime-image.ts')).openLimeImage,
  occlusion: async () => (await import('./image/occlusion.ts')).openOcclusion,
  permutation_shap: async () => (await import('./shap/sampled-shap.ts')).openPermutationShap,
  tree_shap: async () => (await import('./tree/tree-shap.ts')).openTreeShap,
};

/** `tree_shap`, … */
export const EXPLAINER_METHODS: readonly string[] = Object.keys(METHODS);

/** The explainer that a model config chooses. @throws Error for an unknown method, and as the method does */
export async function openExplainer(handler: ExplainedHandler, context: ModelContext): Promise<Explainer> {
  const { explainer: section } = context.modelConfig;
  if (!isPlainObject(section)) throw configError('explainer', 'keys and values, such as {method: tree_shap}', section);
  const method = oneOf(...EXPLAINER_METHODS)(section.method, 'explainer.method');
  const open = await METHODS[method]?.();
  if (open === undefined) throw new Error(`explainer.method: there is no ${method}`);
  return open(handler, context);
}
