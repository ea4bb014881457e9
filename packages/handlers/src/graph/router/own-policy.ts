/** The policy of a router that is a module of the graph's own. */
import type { ExperimentStore } from '../../experiment/experiment-store.ts';
import type { ModelContext } from '../../handler.ts';
import { PredictionError } from '../../prediction-error.ts';
import { valueText } from '../../tensor/tensor-json.ts';
import { callModule } from '../modules/call-module.ts';
import { moduleAlone, type ModuleRef } from '../modules/module-ref.ts';
import { openModule, openOptional } from '../modules/open-module.ts';
import type { ExperimentMemory, FeedbackFunction, RouteFunction } from '../modules/step-module.ts';
import type { PolicyKind, RouterPlace, RouterPolicy } from './router-policy.ts';

/** So long it may take to choose, where the router's `timeout_ms` is no shorter. */
const ROUTE_MS = 5000;

/** `policy: { handler: pick.ts, options }`. */
export const OWN: PolicyKind = {
  keys: [],
  read(fields, place) {
    const module = moduleAlone('route')(fields['policy'], `${place.key}.policy`);
    const limit = Number(fields['timeout_ms'] ?? Infinity);
    const own = { module, timeoutMs: Math.min(limit, ROUTE_MS) };
    return { neededArms: [], module, open: (context) => openOwn(own, place, context) };
  },
};

interface OwnPolicy {
  readonly module: ModuleRef;
  readonly timeoutMs: number;
}

async function openOwn(
  { module: ref, timeoutMs }: OwnPolicy,
  { name, arms }: RouterPlace,
  context: ModelContext,
): Promise<RouterPolicy> {
  const route = await openModule<RouteFunction>(ref, context.modelDir);
  // The server reads graphs as well, and keeps nothing.
  const { experimentStoreOf } = await import('../../experiment/experiment-store-of.ts');
  const learn = await openOptional<FeedbackFunction>(ref, context.modelDir, 'feedback');
  const known = { arms, ...memoryOf(name, experimentStoreOf(context)) };
  return {
    async choose(value, { requestId, headers }) {
      const call = { forward: headers, timeoutMs };
      const arm = await callModule({ ref, name, context, call }, async (step) => {
        const chosen: unknown = await route(value, { ...step, ...known, requestId });
        if (typeof chosen === 'string' && arms.includes(chosen)) return chosen;
        throw new PredictionError(`expected one of the arms ${arms.join(', ')}, but it gave ${valueText(chosen)}`);
      });
      return { arm };
    },
    async rewarded(feedback) {
      const call = { forward: {}, timeoutMs };
      await callModule({ ref, name, context, call }, (step) => learn?.(feedback, { ...step, ...known }));
    },
  };
}

function memoryOf(name: string, store: ExperimentStore): ExperimentMemory {
  return {
    readState: () => store.readDocument(name),
    updateState: (change) => store.updateDocument(name, change),
    async readArms() {
      const known = await store.readArms(name);
      return Object.fromEntries(known.map(({ arm, requests, rewards, sum }) => [arm, { requests, rewards, sum }]));
    },
  };
}
