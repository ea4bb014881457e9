/** The section `workflow` of a model's YAML file: nodes that pass each other what they made, in the manner of TorchServe's workflows. */
import { configError, integer, isPlainObject, listOf, optional, string, type ConfigReader } from '../model-config.ts';

/** A workflow as it is run. */
export interface WorkflowPlan {
  /** File with its functions, relative to the archive's folder; undefined where it has none. */
  readonly handler?: string | undefined;
  /** Each after all of its parents; the first has none, and all others have some. */
  readonly nodes: readonly WorkflowNode[];
}

/** One node. */
export interface WorkflowNode {
  /** In messages, metrics and answers; of a function its own name. */
  readonly name: string;
  /** The model of this server that it is; undefined for a function of the handler. */
  readonly model?: string | undefined;
  /** The nodes that it gets its input from; none of the start. */
  readonly parents: readonly string[];
  /** Longest time of one attempt, in milliseconds. */
  readonly timeoutMs: number;
  /** How often it is asked again when it fails. */
  readonly retries: number;
}

/** Those of TorchServe, where a spec says nothing (torchserve.md 8.2). */
const DEFAULTS = { timeoutMs: 10_000, retries: 1 };

/** @throws Error for what is no workflow, with its place */
export function readWorkflowPlan(section: unknown): WorkflowPlan {
  const key = 'workflow';
  if (!isPlainObject(section)) throw configError(key, 'an object with nodes', section);
  const handler = optional(string, section['handler'], `${key}.handler`);
  const nodes = listOf(readNode)(section['nodes'], `${key}.nodes`);
  assertOrder(nodes, key);
  const own = nodes.find(({ model }) => model === undefined);
  if (own === undefined || handler !== undefined) return { handler, nodes };
  throw new Error(`Model config: ${key}: the node ${own.name} is a function, and ${key}.handler does not say whose`);
}

const NODE_KEYS = ['name', 'model', 'parents', 'timeout_ms', 'retries'];

function readNode(fields: unknown, key: string): WorkflowNode {
  if (!isPlainObject(fields)) throw configError(key, `an object with ${NODE_KEYS.join(', ')}`, fields);
  const unknown = Object.keys(fields).find((each) => !NODE_KEYS.includes(each));
  if (unknown !== undefined)
    throw new Error(`Model config: unknown key ${key}.${unknown}; known are ${NODE_KEYS.join(', ')}`);
  return {
    name: string(fields['name'], `${key}.name`),
    model: optional(string, fields['model'], `${key}.model`),
    parents: optional(readParents, fields['parents'], `${key}.parents`) ?? [],
    timeoutMs: optional(integer(1), fields['timeout_ms'], `${key}.timeout_ms`) ?? DEFAULTS.timeoutMs,
    retries: optional(integer(0, 100), fields['retries'], `${key}.retries`) ?? DEFAULTS.retries,
  };
}

const readParents: ConfigReader<string[]> = (value, key) =>
  Array.isArray(value) && value.length === 0 ? [] : listOf(string)(value, key);

/** There are no circles where each node comes after its parents. */
function assertOrder(nodes: readonly WorkflowNode[], key: string): void {
  for (const [index, { name, parents }] of nodes.entries()) {
    if ((parents.length === 0) !== (index === 0))
      throw new Error(
        `Model config: ${key}: expected the first node, and no other, without parents, came ${name} at place ${index + 1} with ${parents.length}`,
      );
    const later = parents.find((parent) => !nodes.slice(0, index).some((each) => each.name === parent));
    if (later !== undefined)
      throw new Error(`Model config: ${key}: the node ${name} does not come after its parent ${later}`);
  }
}

/** The nodes that nothing comes after. */
export function leavesOf({ nodes }: WorkflowPlan): WorkflowNode[] {
  return nodes.filter(({ name }) => !nodes.some(({ parents }) => parents.includes(name)));
}
