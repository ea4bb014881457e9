/** The policy of a router that is a module of the graph's own. */
import { toError } from '../../base/stages.ts';
import type { ExperimentStore } from '../../experiment/experiment-store.ts';
import type { Learner } from '../../experiment/feedback.ts';
import type { ModelContext } from '../../handler.ts';
import { isPlainObject } from '../../model-config.ts';
import { PredictionError } from '../../prediction-error.ts';
import { valueText } from '../../tensor/tensor-json.ts';
import { callModule } from '../modules/call-module.ts';
import { moduleAlone, type ModuleRef } from '../modules/module-ref.ts';
import { openModule, openOptional } from '../modules/open-module.ts';
import type { ExperimentMemory, LearnFunction, RoutedArm, RouteFunction } from '../modules/step-module.ts';
import type { PolicyKind, Route, RouterCall, RouterPlace, RouterPolicy } from './router-policy.ts';

/** So long it may take to choose, where the router's `timeout_ms` is no shorter. */
const ROUTE_MS = 5000;

/** Characters of the features of a request: those of many requests are kept. */
const MOST_FEATURES = 4096;

/** `policy: { handler: pick.ts, options }`. */
export const OWN: PolicyKind = {
  keys: [],
  read(fields, place) {
    const module = moduleAlone('route')(fields['policy'], `${place.key}.policy`);
    const limit = Number(fields['timeout_ms'] ?? Infinity);
    const own = { module, timeoutMs: Math.min(limit, ROUTE_MS) };
    const { handler, options } = module;
    const parameters = { handler, ...options };
    return { neededArms: [], module, parameters, open: (context) => openOwn(own, place, context) };
  },
};

interface OwnPolicy {
  readonly module: ModuleRef;
  readonly timeoutMs: number;
}

async function openOwn(
  { module: ref, timeoutMs }: OwnPolicy,
  place: RouterPlace,
  context: ModelContext,
): Promise<RouterPolicy> {
  const { name, arms } = place;
  const route = await openModule<RouteFunction>(ref, context.modelDir);
  // The server reads graphs as well, and keeps nothing.
  const { experimentStoreOf } = await import('../../experiment/experiment-store-of.ts');
  const store = experimentStoreOf(context);
  return {
    learn: await openLearner(ref, place, context),
    choose(value, routed) {
      const { requestId, headers: forward } = routed;
      const known = { arms, requestId, ...memoryOf(name, store, routed.control) };
      return callModule({ ref, name, context, call: { forward, timeoutMs } }, async (step) =>
        routeOf(await route(value, { ...step, ...known }), arms),
      );
    },
  };
}

/** While an experiment is frozen, its policy goes by what was known then. */
function memoryOf(name: string, store: ExperimentStore, control: RouterCall['control'] = {}): ExperimentMemory {
  const { frozen, frozenDocument } = control;
  return {
    readState: async () => (frozen === undefined ? (await store.readState(name)).document : frozenDocument),
    updateState: (change) => store.updateDocument(name, change),
    async readArms() {
      const known = frozen ?? (await store.readArms(name));
      return Object.fromEntries(
        known.map(({ arm, requests, rewards, sum }): [string, RoutedArm] => [arm, { requests, rewards, sum }]),
      );
    },
  };
}

/** @throws PredictionError for what is no arm, or has features that are none */
function routeOf(chosen: unknown, arms: readonly string[]): Route {
  const { arm, features } = isPlainObject(chosen) ? chosen : { arm: chosen, features: undefined };
  if (typeof arm === 'string' && arms.includes(arm)) return { arm, features: featuresText(features) };
  throw new PredictionError(`expected one of the arms ${arms.join(', ')}, but it gave ${valueText(arm ?? chosen)}`);
}

function featuresText(features: unknown): string | undefined {
  const text = JSON.stringify(features) as string | undefined;
  if (text === undefined || text.length <= MOST_FEATURES) return text;
  const problem = `expected features of at most ${MOST_FEATURES} characters as JSON, but it gave ${text.length}`;
  throw new PredictionError(problem);
}

/** Undefined for a module that does not learn. */
async function openLearner(
  ref: ModuleRef,
  { name, arms }: RouterPlace,
  { modelDir, logger }: ModelContext,
): Promise<Learner | undefined> {
  const learn = await openOptional<LearnFunction>(ref, modelDir, 'learn');
  if (learn === undefined) return undefined;
  const context = { name, arms, options: ref.options, modelDir, logger };
  return (document, counted) => {
    // A text, of which one that throws has changed nothing.
    let state = JSON.stringify(document) as string | undefined;
    for (const feedback of counted) {
      try {
        state = learnt(learn(parsed(state), feedback, context));
      } catch (error) {
        const problem = `${ref.handler}: ${toError(error).message}`;
        logger.warn(`Router "${name}" has not learned from a feedback: ${problem}`, { request: feedback.requestId });
      }
    }
    return parsed(state);
  };
}

function parsed(state: string | undefined): unknown {
  return state === undefined ? undefined : (JSON.parse(state) as unknown);
}

/** @throws Error for what cannot be kept */
function learnt(state: unknown): string {
  if (state instanceof Promise) {
    // It may fail, and nobody waits for it.
    state.catch(() => {});
    throw new Error('learn must not be async: it gave a promise');
  }
  const text = JSON.stringify(state) as string | undefined;
  if (text !== undefined) return text;
  throw new Error(`learn must give the state as JSON, but it gave ${valueText(state)}`);
}
