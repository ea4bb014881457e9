/** The experiments of a model. */
import type { ModelContext } from '../handler.ts';
import { EXPERIMENTS, type ExperimentsKnown, type ExperimentsPlace } from './experiments-place.ts';
import type { ExperimentStore } from './experiment-store.ts';
import { openDatabase } from './open-database.ts';
import { RecordedStore } from './recorded-store.ts';

const NO_SERVER: ExperimentsPlace = { store: ':memory:', maxAgeMs: Infinity, maxDecisions: 1_000_000 };

const opened = new WeakMap<ModelContext, ExperimentStore>();

/**
 * The same for all that ask for it. Opens nothing before something is asked of it.
 * @param context of the model; where no server is behind it, experiments are in the memory of the process
 */
export function experimentStoreOf(context: ModelContext): ExperimentStore {
  const known = opened.get(context) ?? createStore(context);
  opened.set(context, known);
  return known;
}

function createStore(context: ModelContext): ExperimentStore {
  const { store, maxAgeMs, maxDecisions } = (context as Partial<ExperimentsKnown>)[EXPERIMENTS] ?? NO_SERVER;
  return new RecordedStore({
    model: context.modelName,
    maxAgeMs,
    maxDecisions,
    open: () => openDatabase(store),
    onProblem(problem) {
      if (problem === undefined) context.logger.info('experiments are kept again');
      else context.logger.error(problem);
    },
  });
}
