/** A scenario between two revisions: the earlier one takes the place of the limit, and there are no goals. */
import type { SideNames } from './report-file.ts';
import type { Scenario } from './scenario.ts';

export function betweenRevisions(scenario: Scenario, sides: SideNames): Scenario {
  const { start } = scenario.marserve;
  return {
    ...scenario,
    limit: { label: sides.limit, start },
    marserve: { label: sides.marserve, start },
    goals: scenario.goals.map(({ metric }) => ({ metric, compare: 'ratio' })),
  };
}
