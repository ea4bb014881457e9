/** From the manifest's `handler` to something that runs batches: imports the module, or takes a built-in handler. */
import type { ExplainedHandler, Explainer } from '../explain/explainer.ts';
import { findBuiltIn } from './built-in.ts';
import type { HandleFunction, Handler, HandlerContext, ModelContext, Row, RowResult } from '../handler.ts';
import { HandlerError } from '../handler-error.ts';
import { importHandlerModule } from './handler-module.ts';
import { adaptFunction, adaptObject, type AdaptedHandler } from './handler-adapter.ts';
import { checkSignature } from './check-signature.ts';
import { plural } from '../plural.ts';
import { takesExperimentCalls } from '../experiment/takes-experiment-calls.ts';
import { takesMessages } from '../component/takes-messages.ts';
import { openRoutes, type HandlerRoutes } from './handler-routes.ts';
import { PredictionError } from '../prediction-error.ts';
import { resolveExport, type HandlerExport } from './resolve-export.ts';
import type { ModelSignature } from '../signature.ts';

export { HandlerError } from '../handler-error.ts';

/** Where a handler is. */
export interface HandlerLocation {
  /** Absolute path of the folder the archive was unpacked into. */
  readonly modelDir: string;
  /** The manifest's `handler`: `file`, `file:function` or the name of a built-in handler. */
  readonly handler: string;
}

/** What a batch asks for. */
export type HandlerOperation = 'predict' | 'explain';

/** A handler of either style, behind one interface. */
export interface LoadedHandler {
  /** How its author wrote it. */
  readonly style: 'class' | 'function';
  /** The class, object or function by its own name. */
  readonly name: string;
  /** Whether it is one of this package, and no model author's. */
  readonly isBuiltIn: boolean;
  /** Whether its rows are whole messages, `SeldonCall`, where the protocol has those; default false. */
  readonly takesMessages?: boolean;
  /** Whether rows may ask for its experiments, as `ExperimentCall`; default false. */
  readonly takesExperimentCalls?: boolean;
  /** Whether it has `explain`. */
  readonly canExplain: boolean;
  /** To be called once, before the first batch. @throws whatever the handler throws, and for an explainer that does not fit */
  initialize(context: ModelContext): Promise<void>;
  /**
   * Runs one batch: exactly one result per row.
   * @throws HandlerError when the handler returns something else; PredictionError 501 for an `explain` that it does not have, where the model config has no `explainer` either;
   * whatever the handler throws
   */
  run(operation: HandlerOperation, rows: Row[], context: HandlerContext): Promise<RowResult[]>;
  /**
   * The same for rows of requests to one route of the handler's own.
   * @throws PredictionError 404 for a route that the model's config does not declare
   */
  runRoute(route: string, rows: Row[], context: HandlerContext): Promise<RowResult[]>;
  /** The handler's own description of itself; null when it has none. */
  describe(context: ModelContext): unknown;
  /** The tensors it takes and gives; empty lists for what it leaves open. @throws HandlerError for one that is none */
  getSignature(context: ModelContext): Promise<ModelSignature>;
}

/**
 * Imports a handler and finds what it exports: the function that was named, else the function `handle`, else its one class.
 * @throws HandlerError when there is no such file or export, naming what there is; whatever the module throws on import
 */
export async function loadHandler({ modelDir, handler }: HandlerLocation): Promise<LoadedHandler> {
  const builtIn = await findBuiltIn(handler);
  if (builtIn !== undefined) return { ...checked(adaptObject(new builtIn())), isBuiltIn: true };
  // Stacks show the places in what its author wrote. What comes before has no maps that it would be worth to read.
  process.setSourceMapsEnabled(true);
  const module = await importHandlerModule(modelDir, handler);
  const found = resolveExport(module);
  if (found.kind !== 'component') return wrapExport(found);
  const { ComponentHandler } = await import('../component/component-handler.ts');
  return checked({ ...adaptObject(new ComponentHandler(found.component)), name: found.name });
}

/** A module (`import * as`) whose export `handle` is a function; `initialize` may be beside it. */
export interface HandlerNamespace {
  /** Runs a batch. */
  readonly handle: HandleFunction;
}

/** A handler that is here already: a class, an object, a function, or a module. */
export function wrapHandler(handler: (new () => Handler) | Handler | HandleFunction | HandlerNamespace): LoadedHandler {
  if (typeof handler === 'object' && !isModule(handler)) return checked(adaptObject(handler));
  const exports = typeof handler === 'object' ? { ...handler } : { default: handler };
  const found = resolveExport({ file: 'the handler', exports });
  if (found.kind !== 'component') return wrapExport(found);
  throw new HandlerError(`${found.name} is a component of Seldon; expected a handler`);
}

function wrapExport(found: Exclude<HandlerExport, { readonly kind: 'component' }>): LoadedHandler {
  return checked(found.kind === 'function' ? adaptFunction(found) : adaptObject(new found.create()));
}

/** By its tag: the modules of test runners are no namespaces of Node's. */
function isModule(handler: Handler | HandlerNamespace): handler is HandlerNamespace {
  return Object.prototype.toString.call(handler) === '[object Module]';
}

function checked({ instance, functionOf, ...adapted }: AdaptedHandler): LoadedHandler {
  let explainer: Explainer | undefined;
  let routes: HandlerRoutes | undefined;
  const run: LoadedHandler['run'] = async (operation, rows, context) => {
    // A handler may empty the list that it gets.
    const count = rows.length;
    return checkResults(await adapted[operation](rows, context), count);
  };
  return {
    ...adapted,
    isBuiltIn: false,
    takesMessages: instance !== undefined && takesMessages(instance),
    takesExperimentCalls: instance !== undefined && takesExperimentCalls(instance),
    getSignature: async (context) => checkSignature(await adapted.getSignature(context)),
    async initialize(context) {
      routes = openRoutes(context.modelConfig, { ...adapted, functionOf });
      await adapted.initialize(context);
      if (!isSet(context.modelConfig.explainer)) return;
      explainer = await open({ instance, predict: (rows, batch) => run('predict', rows, batch) }, context);
    },
    run: (operation, rows, context) =>
      operation === 'explain' && explainer !== undefined
        ? explainer.explain(rows, context)
        : run(operation, rows, context),
    async runRoute(route, rows, context) {
      const count = rows.length;
      const answer = routes?.get(route);
      if (answer === undefined)
        throw new PredictionError(`Model "${context.modelName}" has no route ${route} any more`, 404);
      return checkResults(await answer(rows, context), count);
    },
  };
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

async function open(handler: ExplainedHandler, context: ModelContext): Promise<Explainer> {
  const { openExplainer } = await import('../explain/explainer.ts');
  return openExplainer(handler, context);
}

/** @throws HandlerError for what is not one result per row */
function checkResults(results: unknown, count: number): RowResult[] {
  if (!Array.isArray(results)) {
    throw new HandlerError(
      `handler returned ${kindOf(results)} for a batch of ${plural(count, 'row')}; expected an array`,
    );
  }
  if (results.length === count) return results;
  throw new HandlerError(`handler returned ${plural(results.length, 'result')} for a batch of ${plural(count, 'row')}`);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'object' && Symbol.asyncIterator in value) return 'one async iterable';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
