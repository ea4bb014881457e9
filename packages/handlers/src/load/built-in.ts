/** The handlers that come with the package, by name; each is imported when it is asked for. */
import type { Handler } from '../handler.ts';
import type { BuiltInName } from './built-in-names.ts';

type HandlerClass = new () => Handler;

const BUILT_INS: Readonly<Record<BuiltInName, () => Promise<HandlerClass>>> = {
  base_handler: async () => (await import('../base/base-handler.ts')).BaseHandler,
  base_transformer: async () => (await import('../transformer/transformer.ts')).Transformer,
  graph: async () => (await import('../graph/graph.ts')).Graph,
  image_classifier: async () => (await import('../vision/image-classifier.ts')).ImageClassifier,
  seldon_graph: async () => (await import('../component/graph/seldon-graph.ts')).SeldonGraphHandler,
  tabular_classifier: async () => (await import('../tabular/tabular-classifier.ts')).TabularClassifier,
  vector_search: async () => (await import('../search/vector-search.ts')).VectorSearch,
  workflow: async () => (await import('../workflow/workflow.ts')).Workflow,
};

/** A built-in handler's class; undefined for any other name. */
export async function findBuiltIn(name: string): Promise<HandlerClass | undefined> {
  return Object.hasOwn(BUILT_INS, name) ? BUILT_INS[name as BuiltInName]() : undefined;
}
