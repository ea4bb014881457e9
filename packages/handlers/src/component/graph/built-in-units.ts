/** The units that come with the server, by their `implementation`: components, which run where the graph does. */
import type { ModelContext } from '../../handler.ts';
import type { SeldonComponent } from '../component.ts';
import { AverageCombiner } from './average-combiner.ts';
import { RandomAbTest } from './random-ab-test.ts';
import type { SeldonUnit, UnitMethod } from './seldon-unit.ts';
import { SimpleModel } from './simple-model.ts';

/** One of them. */
export interface BuiltInUnit {
  /** What is asked of it. */
  readonly methods: ReadonlySet<UnitMethod>;
  /** Makes one. */
  readonly create: (unit: SeldonUnit, context: ModelContext) => SeldonComponent;
  /** What is wrong with a unit of this kind; undefined when nothing is. */
  readonly problem?: (unit: Pick<SeldonUnit, 'children' | 'parameters'>) => string | undefined;
}

/** By their `implementation`. */
export const BUILT_IN_UNITS: Readonly<Record<string, BuiltInUnit>> = {
  SIMPLE_MODEL: { methods: new Set(['predict']), create: () => new SimpleModel() },
  SIMPLE_ROUTER: { methods: new Set(['route']), create: () => ({ route: () => 0 }) },
  RANDOM_ABTEST: {
    methods: new Set(['route']),
    create: ({ parameters }) => new RandomAbTest(parameters),
    problem: RandomAbTest.problem,
  },
  AVERAGE_COMBINER: { methods: new Set(['aggregate']), create: () => new AverageCombiner() },
};

/** @throws Error for a name that is not in the table */
export function builtInUnit(name: string): BuiltInUnit {
  const unit = Object.hasOwn(BUILT_IN_UNITS, name) ? BUILT_IN_UNITS[name] : undefined;
  if (unit === undefined) throw new Error(`no unit is called "${name}"`);
  return unit;
}

/** What is wrong with a unit; undefined when nothing is. */
export function builtInProblem(name: string, unit: Pick<SeldonUnit, 'children' | 'parameters'>): string | undefined {
  return builtInUnit(name).problem?.(unit);
}
