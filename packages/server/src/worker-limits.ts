/** How many workers there may be: what the configuration says, else what cores and memory bear. */
import type { ServerConfig } from './config/schema.ts';
import type { WorkerLimits } from './core/workers/worker-limits.ts';

/** What there is for workers. */
export interface Resources {
  /** Cores that the server may use. */
  readonly cores: number;
  /** Memory that the server may use, in bytes. */
  readonly memoryBytes: number;
}

/** A worker with a small model has about 70 MB. */
const WORKER_BYTES = 100 * 2 ** 20;
/** Workers that mostly wait are worth more than one a core; beyond these they are in each other's way. */
const TOTAL_PER_CORE = 64;
const MODEL_PER_CORE = 32;
const LEAST_PER_CORE = 2;

/** What nobody set fits what the others allow. */
export function workerLimits(
  { maxWorkersTotal, maxWorkersPerModel }: Partial<Pick<ServerConfig, 'maxWorkersTotal' | 'maxWorkersPerModel'>>,
  { cores, memoryBytes }: Resources,
): WorkerLimits {
  const byMemory = Math.max(LEAST_PER_CORE * cores, Math.floor(memoryBytes / WORKER_BYTES));
  const total = maxWorkersTotal ?? Math.min(TOTAL_PER_CORE * cores, byMemory);
  return { total, perModel: maxWorkersPerModel ?? Math.min(total, MODEL_PER_CORE * cores) };
}

/** Workers that each model of the start gets when nobody says how many: one a core, as in TorchServe, or its share. */
export function workersAtStart(models: number, { total }: WorkerLimits, { cores }: Resources): number {
  return Math.max(1, Math.min(cores, Math.floor(total / Math.max(1, models))));
}
