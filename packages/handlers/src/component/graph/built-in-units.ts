/** The units that come with the server, by their `implementation`: components, which run where the graph does. */
import type { ModelContext } from '../../handler.ts';
import type { ExperimentStore } from '../../experiment/experiment-store.ts';
import type { SeldonComponent } from '../component.ts';
import { abTestProblem } from './ab-test-problem.ts';
import { epsilonGreedyProblem, thompsonSamplingProblem } from './bandit-parameters.ts';
import type { SeldonUnit, UnitMethod } from './seldon-unit.ts';

/** What a unit is made in. */
export interface UnitSurroundings {
  /** Of the graph. */
  readonly context: ModelContext;
  /** Where units keep what they learn; opened when one first asks for it, and shared by all of the graph. */
  readonly store: () => ExperimentStore;
}

/** What is checked of a unit before it is made. */
export type CheckedUnit = Pick<SeldonUnit, 'children' | 'parameters'>;

/** One of them. */
export interface BuiltInUnit {
  /** What is asked of it. */
  readonly methods: ReadonlySet<UnitMethod>;
  /** Makes one; its code is loaded then. */
  readonly create: (unit: SeldonUnit, surroundings: UnitSurroundings) => Promise<SeldonComponent>;
  /** What is wrong with a unit of this kind; undefined when nothing is. */
  readonly problem?: (unit: CheckedUnit) => string | undefined;
}

/** By their `implementation`; bandits by the classes that Seldon has for them. */
export const BUILT_IN_UNITS: Readonly<Record<string, BuiltInUnit>> = {
  SIMPLE_MODEL: {
    methods: new Set(['predict']),
    create: async () => new (await import('./simple-model.ts')).SimpleModel(),
  },
  SIMPLE_ROUTER: { methods: new Set(['route']), create: () => Promise.resolve({ route: () => 0 }) },
  RANDOM_ABTEST: {
    methods: new Set(['route']),
    create: async ({ parameters }) => new (await import('./random-ab-test.ts')).RandomAbTest(parameters),
    problem: abTestProblem,
  },
  AVERAGE_COMBINER: {
    methods: new Set(['aggregate']),
    create: async () => new (await import('./average-combiner.ts')).AverageCombiner(),
  },
  EpsilonGreedy: {
    methods: new Set(['route', 'send-feedback']),
    create: async (unit, surroundings) => (await import('./epsilon-greedy.ts')).createEpsilonGreedy(unit, surroundings),
    problem: epsilonGreedyProblem,
  },
  ThompsonSampling: {
    methods: new Set(['route', 'send-feedback']),
    create: async (unit, surroundings) =>
      (await import('./thompson-sampling.ts')).createThompsonSampling(unit, surroundings),
    problem: thompsonSamplingProblem,
  },
};

/** @throws Error for a name that is not in the table */
export function builtInUnit(name: string): BuiltInUnit {
  const unit = Object.hasOwn(BUILT_IN_UNITS, name) ? BUILT_IN_UNITS[name] : undefined;
  if (unit === undefined) throw new Error(`no unit is called "${name}"`);
  return unit;
}
