/** How the nodes of a workflow are served: for all of them, or for one. */
import { integerFrom } from '../model-config/value-rules.ts';

/** One setting. */
export interface WorkflowSetting {
  /** As a spec writes it. */
  readonly key: string;
  /** Least value. */
  readonly min: number;
  /** Greatest value; Infinity for any. */
  readonly max: number;
  /** TorchServe's, where a spec says nothing. */
  readonly default: number;
}

/** Name → its row. */
export const WORKFLOW_SETTINGS = {
  minWorkers: { key: 'min-workers', min: 0, max: Infinity, default: 1 },
  maxWorkers: { key: 'max-workers', min: 0, max: Infinity, default: 1 },
  batchSize: { key: 'batch-size', min: 1, max: Infinity, default: 1 },
  /** Milliseconds. */
  maxBatchDelay: { key: 'max-batch-delay', min: 0, max: Infinity, default: 50 },
  /** How often a node that failed is asked again. */
  retryAttempts: { key: 'retry-attempts', min: 0, max: 100, default: 1 },
  /** Milliseconds that a node may take. */
  timeoutMs: { key: 'timeout-ms', min: 1, max: Infinity, default: 10_000 },
} as const satisfies Readonly<Record<string, WorkflowSetting>>;

/** A value for each setting. */
export type WorkflowSettings = Readonly<Record<keyof typeof WORKFLOW_SETTINGS, number>>;

const ENTRIES = Object.entries(WORKFLOW_SETTINGS);

/** The keys of all settings. */
export const SETTING_KEYS: readonly string[] = ENTRIES.map(([, { key }]) => key);

/** Key → its rule, for zod. */
export const SETTING_RULES = Object.fromEntries(
  ENTRIES.map(([, { key, min, max }]) => [key, integerFrom(min, max).optional()]),
);

/** The settings that checked keys say. */
export function settingsOf(keys: Readonly<Record<string, unknown>>): Partial<WorkflowSettings> {
  return Object.fromEntries(ENTRIES.flatMap(([name, { key }]) => (keys[key] === undefined ? [] : [[name, keys[key]]])));
}
