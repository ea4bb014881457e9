/** What the steps of a graph are called in its metrics, its picture and Server-Timing: each by a name of its own. */
import { partsOf, type Step } from './step.ts';

/** Where a request comes from, and its answer goes to. */
export const CLIENT = 'client';

/** Of steps with the same name the second is `NAME-2`. */
export function namesOfSteps(root: Step): ReadonlyMap<Step, string> {
  const names = new Map<Step, string>();
  const taken = new Set([CLIENT]);
  for (const step of withParts(root)) {
    const name = freeName(step.name, taken);
    taken.add(name);
    names.set(step, name);
  }
  return names;
}

/** The step whose answer is that of a step: the last one of a sequence. */
export function lastOf(step: Step): Step {
  const last = step.kind === 'sequence' ? step.steps.at(-1) : undefined;
  return last === undefined ? step : lastOf(last);
}

function withParts(step: Step): Step[] {
  const parts = [...partsOf(step), ...(step.fallback === undefined ? [] : [step.fallback])];
  return [step, ...parts.flatMap(withParts)];
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count += 1) free = `${name}-${count}`;
  return free;
}
