/** Reads the YAML file that a model brings along (torchserve.md 2.4). */
import * as z from 'zod';
import { messageOf } from '../format/archive-error.ts';
import { modelConfigWarnings } from './ineffective-model-keys.ts';
import { MODEL_CONFIG_KEYS } from './model-config-keys.ts';
import { parseYaml } from './parse-yaml.ts';
import { describeIssues, shown } from './value-rules.ts';

type Rules = { readonly [K in keyof typeof MODEL_CONFIG_KEYS]: (typeof MODEL_CONFIG_KEYS)[K]['rule'] };

const rules = Object.fromEntries(Object.entries(MODEL_CONFIG_KEYS).map(([key, { rule }]) => [key, rule])) as Rules;

const schema = z.looseObject(rules).partial();

/** The keys that the server reads, in the units of the file. */
export type ModelConfigKeys = z.infer<typeof schema>;

/** The file, read. */
export interface ModelConfigFile {
  /** Those that say how the model is served, checked. */
  readonly keys: ModelConfigKeys;
  /** The file, whole: handlers read their own keys in it. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** What is odd but no error, a sentence each. */
  readonly warnings: readonly string[];
}

/** What is wrong with a file: everything at once. */
export class ModelConfigError extends Error {
  override readonly name = 'ModelConfigError';
  /** One sentence each: which key, what was expected, what came. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Unknown keys are kept, keys without a value are as if they were not there.
 * @param over keys that somebody says in place of the file's
 * @throws ModelConfigError
 */
export function readModelConfig(text: string, over: Readonly<Record<string, unknown>> = {}): ModelConfigFile {
  const raw = { ...parseMapping(text), ...over };
  const result = schema.safeParse(Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null)));
  if (!result.success) throw new ModelConfigError(describeIssues(result.error, []));
  const { minWorkers, maxWorkers } = result.data;
  if (minWorkers !== undefined && maxWorkers !== undefined && maxWorkers < minWorkers) {
    throw new ModelConfigError([`maxWorkers: expected at least minWorkers (${minWorkers}), came ${maxWorkers}`]);
  }
  return { keys: result.data, raw, warnings: modelConfigWarnings(raw) };
}

function parseMapping(text: string): Record<string, unknown> {
  const value = parse(text) ?? {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new ModelConfigError([`expected a mapping of keys to values, came ${shown(value)}`]);
}

function parse(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    throw new ModelConfigError([`expected YAML: ${messageOf(error)}`]);
  }
}
