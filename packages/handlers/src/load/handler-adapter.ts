/** The two styles of handlers, class and function, as one thing. */
import { createBatchContext } from '../context/context.ts';
import type { HandleFunction, Handler, HandlerContext, ModelContext, Row } from '../handler.ts';
import { PredictionError } from '../prediction-error.ts';
import type { FunctionExport } from './resolve-export.ts';

/** Results are not checked yet. */
export interface AdaptedHandler {
  /** Which of the two it was. */
  readonly style: 'class' | 'function';
  /** The class, object or function by its own name. */
  readonly name: string;
  /** The object, of a class; undefined for a function. */
  readonly instance?: Handler;
  /** Whether it has `explain`. */
  readonly canExplain: boolean;
  /** Resolves at once for a handler that has none. @throws whatever the handler throws */
  initialize(context: ModelContext): Promise<void>;
  /** Runs a batch; may give a promise. */
  predict(rows: Row[], context: HandlerContext): unknown;
  /** The same for `explain`. @throws PredictionError 501 when it has none */
  explain(rows: Row[], context: HandlerContext): unknown;
  /** A function of its own by name; undefined where it has none of that name. */
  readonly functionOf: (name: string) => HandleFunction | undefined;
  /** What it says of itself; null when it says nothing. */
  describe(context: ModelContext): unknown;
  /** Undefined for one that declares none. */
  getSignature(context: ModelContext): unknown;
}

/** A handler object: the instance of a class, as a rule. */
export function adaptObject(handler: Handler): AdaptedHandler {
  const name = handler.constructor.name;
  return {
    style: 'class',
    name,
    instance: handler,
    canExplain: typeof handler.explain === 'function',
    initialize: async (context) => handler.initialize?.(context),
    predict: (rows, context) => handler.handle(rows, context),
    explain: (rows, context) =>
      handler.explain === undefined ? cannotExplain(context) : handler.explain(rows, context),
    functionOf: (name) => functionIn(handler, name)?.bind(handler),
    describe: (context) => handler.describe?.(context) ?? null,
    getSignature: (context) => handler.getSignature?.(context),
  };
}

/** A function, with the module's own `initialize`, `explain`, `describe` and `getSignature` where it exports them. */
export function adaptFunction({ name, handle, module }: FunctionExport): AdaptedHandler {
  const { initialize, explain, describe, getSignature } = module as Partial<Record<keyof Handler, unknown>>;
  return {
    style: 'function',
    name,
    canExplain: typeof explain === 'function',
    async initialize(context) {
      if (typeof initialize === 'function') await initialize(context);
      else await handle(null, createBatchContext(context, []).context);
    },
    predict: (rows, context) => handle(rows, context),
    explain: (rows, context) =>
      typeof explain === 'function' ? (explain as HandleFunction)(rows, context) : cannotExplain(context),
    functionOf: (own) => (own === 'handle' ? handle : functionIn(module, own)),
    describe: (context): unknown => (typeof describe === 'function' ? describe(context) : null),
    getSignature: (context): unknown => (typeof getSignature === 'function' ? getSignature(context) : undefined),
  };
}

function functionIn(owner: object, name: string): HandleFunction | undefined {
  const value: unknown = (owner as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'function' ? (value as HandleFunction) : undefined;
}

function cannotExplain({ modelName }: ModelContext): never {
  throw new PredictionError(
    `Model "${modelName}" cannot explain: its handler has no explain(data, context), and its model config no explainer`,
    501,
  );
}
