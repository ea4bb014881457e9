/** A graph of Seldon for those who look at it, as the steps that other graphs have. */
import type { PlannedStep } from '../../graph/graph-plan.ts';
import { isFork, type SeldonUnit } from './seldon-unit.ts';

/** Units have the names that they have in metrics. */
export function planUnit(unit: SeldonUnit): PlannedStep {
  const { name, children, methods } = unit;
  const own = plannedUnit(unit);
  const [child] = children.map(planUnit);
  if (child === undefined) return own;
  if (isFork(unit)) {
    const kind = methods.has('route') ? 'router' : 'parallel';
    return { ...own, kind, how: askedOf(unit), parts: children.map((each) => ({ step: planUnit(each) })) };
  }
  const isBefore = methods.has('transform-input') || methods.has('predict');
  const steps = [...(isBefore ? [own] : []), child, ...(methods.has('transform-output') ? [own] : [])];
  return { ...stepOf(`${name} and its child`, 'sequence'), parts: steps.map((step) => ({ step })) };
}

function plannedUnit(unit: SeldonUnit): PlannedStep {
  const { name, place } = unit;
  if (place.kind === 'built-in') return { ...stepOf(name, 'module'), how: askedOf(unit) };
  if (place.kind === 'remote') return { ...stepOf(name, 'node'), url: place.url };
  return { ...stepOf(name, 'node'), model: place.model.name, version: place.model.version };
}

function stepOf(name: string, kind: PlannedStep['kind']): PlannedStep {
  return { name, kind, isSoft: false, parts: [] };
}

function askedOf({ place, methods, children }: SeldonUnit): string {
  if (place.kind === 'built-in') return place.name;
  const isAsked = methods.size > 0;
  if (place.kind === 'remote') return place.url;
  const { name, version } = place.model;
  if (!isAsked && children.length > 0) return 'first';
  return version === undefined ? name : `${name}/${version}`;
}
