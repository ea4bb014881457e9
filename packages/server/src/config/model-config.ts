/** Reads the YAML file that a model brings along (torchserve.md 2.4). */
import * as z from 'zod';
import { messageOf } from '../core/errors.ts';
import type { ModelDefaults } from '../core/model-source.ts';
import { ConfigError } from './config-error.ts';
import { modelConfigWarnings } from './ineffective-model-keys.ts';
import { MODEL_CONFIG_KEYS } from './model-config-keys.ts';
import { parseYaml } from './parse-yaml.ts';
import { describeIssues, shown } from './value-rules.ts';

export interface ModelConfig {
  /** What the file says of how the model is served; durations are milliseconds. */
  readonly settings: ModelDefaults;
  /** The file, whole, as JSON: handlers read their own keys in it. */
  readonly json: string;
  /** What is odd but no error, a sentence each. */
  readonly warnings: readonly string[];
}

type Rules = { readonly [K in keyof typeof MODEL_CONFIG_KEYS]: (typeof MODEL_CONFIG_KEYS)[K]['rule'] };

const rules = Object.fromEntries(Object.entries(MODEL_CONFIG_KEYS).map(([key, { rule }]) => [key, rule])) as Rules;

const schema = z.looseObject(rules).partial();

/**
 * Unknown keys are kept, keys without a value are as if they were not there.
 * @param fileName for messages
 * @throws ConfigError that names each wrong key, what was expected and what came
 */
export function parseModelConfig(text: string, fileName: string): ModelConfig {
  const raw = parseMapping(text, fileName);
  const result = schema.safeParse(Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null)));
  if (!result.success) throw failure(fileName, describeIssues(result.error, []));
  const { minWorkers, maxWorkers } = result.data;
  if (minWorkers !== undefined && maxWorkers !== undefined && maxWorkers < minWorkers) {
    throw failure(fileName, [`maxWorkers: expected at least minWorkers (${minWorkers}), came ${maxWorkers}`]);
  }
  return { settings: settingsOf(result.data), json: JSON.stringify(raw), warnings: modelConfigWarnings(raw) };
}

function parseMapping(text: string, fileName: string): Record<string, unknown> {
  const value = parse(text, fileName) ?? {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw failure(fileName, [`expected a mapping of keys to values, came ${shown(value)}`]);
}

function parse(text: string, fileName: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    throw failure(fileName, [`expected YAML: ${messageOf(error)}`]);
  }
}

function settingsOf(config: z.infer<typeof schema>): ModelDefaults {
  return {
    minWorkers: config.minWorkers,
    maxWorkers: config.maxWorkers,
    batchSize: config.batchSize,
    maxBatchDelayMs: config.maxBatchDelay,
    responseTimeoutMs: milliseconds(config.responseTimeout),
    startupTimeoutMs: milliseconds(config.startupTimeout),
    retryWindowMs: milliseconds(config.maxRetryTimeoutInSec),
    jobQueueSize: config.jobQueueSize || undefined,
    clientTimeoutMs: config.clientTimeoutInMills,
    retryOnWorkerDeath: config.retryOnWorkerDeath,
    maxRequestsPerWorker: config.maxRequestsPerWorker,
    maxWorkerBytes: config.maxWorkerMemory === undefined ? undefined : config.maxWorkerMemory * 2 ** 20,
    scaleUpWaitMs: config.scaleUpWait,
    scaleDownIdleMs: milliseconds(config.scaleDownIdle),
  };
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function failure(fileName: string, problems: readonly string[]): ConfigError {
  return new ConfigError(problems.map((problem) => `${fileName}: ${problem}`));
}
