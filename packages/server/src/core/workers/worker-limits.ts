/** How many workers there may be: each is a process with a runtime and a model of its own. */
import { ServeError } from '../errors.ts';
import type { ModelKey } from '../model-key.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { WorkerRange, RequestedWorkers } from '../registry/registration.ts';

/** Most workers; each is a process, so that one request cannot ask for more than the machine has. */
export interface WorkerLimits {
  /** Of one version (`max_workers_per_model`). */
  readonly perModel: number;
  /** Of all together (`max_workers_total`). */
  readonly total: number;
}

/**
 * The numbers of workers that a version may have: what was asked for, or as much of the default as there is room for, one
 * at least.
 * @throws ServeError `invalid_argument` for more than there may be
 */
export function admitWorkers(
  key: ModelKey,
  { range, isAsked }: RequestedWorkers,
  { registry, limits }: { readonly registry: ModelRegistry; readonly limits: WorkerLimits },
): WorkerRange {
  const { perModel, total } = limits;
  const left = Math.max(0, total - workersOfOthers(key, registry));
  const most = Math.max(1, Math.min(perModel, left));
  const { min, max } = isAsked ? range : { min: Math.min(range.min, most), max: Math.min(range.max, perModel) };
  const advice = 'Ask for fewer, or raise it in config.properties.';
  if (max > perModel) {
    throw refusal(`Model "${key.name}" cannot have ${max} workers: max_workers_per_model is ${perModel}. ${advice}`);
  }
  if (min > left) {
    const others = `max_workers_total is ${total}, and other models have ${total - left}`;
    throw refusal(`Model "${key.name}" cannot have ${min} workers: ${others}. ${advice}`);
  }
  return { min, max };
}

/** Whether there may be one more worker in all. */
export function hasRoom(registry: ModelRegistry, { total }: WorkerLimits): boolean {
  return workersOfOthers(undefined, registry) < total;
}

function workersOfOthers(key: ModelKey | undefined, registry: ModelRegistry): number {
  const own = key === undefined ? undefined : registry.find(key);
  const counts = registry
    .all()
    .filter((registered) => registered !== own)
    .map(({ serving }) => Math.max(serving.workers.min, serving.runners.length));
  return counts.reduce((sum, count) => sum + count, 0);
}

function refusal(message: string): ServeError {
  return new ServeError('invalid_argument', message);
}
