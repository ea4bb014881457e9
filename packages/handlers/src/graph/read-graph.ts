/** The section `graph` of a model's YAML file as steps. */
import {
  boolean,
  configError,
  integer,
  isPlainObject,
  listOf,
  number,
  oneOf,
  string,
  type ConfigReader,
  optional,
} from '../model-config.ts';
import { conditionText, readCondition } from './condition.ts';
import { moduleAlone, moduleName, readModuleRef, type ModuleRef } from './modules/module-ref.ts';
import { assertOwnNames, readPolicy, routerKeys } from './router/read-router.ts';
import { routersOf, type Combination, type NodeStep, type Step, type StepOptions, type SwitchCase } from './step.ts';

/** So deep may steps stand in each other. */
const DEEPEST = 32;

/** @throws Error for what is no step, with its place */
export function readGraph(graph: unknown): Step {
  if (graph === undefined || graph === null) {
    throw new Error('Model config: a graph needs the section graph, such as "graph: {sequence: [MODEL, MODEL]}"');
  }
  const step = readStep(graph, 'graph');
  assertOwnNames(routersOf(step));
  return step;
}

function readStep(value: unknown, key: string): Step {
  if (key.split(/[.[]/).length > 2 * DEEPEST) throw new Error(`Model config: ${key} is nested too deep`);
  if (typeof value === 'string') return readNode({ model: value }, key);
  // Of a server elsewhere, the model is one of its keys.
  const kinds = isPlainObject(value) ? STEP_KINDS.filter((each) => Object.hasOwn(value, each)) : [];
  const [only, ...others] = kinds.includes('url') ? kinds.filter((each) => each !== 'model') : kinds;
  if (!isPlainObject(value) || only === undefined || others.length > 0) {
    throw configError(key, `the name of a model, or an object with one of ${STEP_KINDS.join(', ')}`, value);
  }
  return READERS[only](value, key);
}

type Fields = Readonly<Record<string, unknown>>;

/** The keys by which steps are told apart; a step has one of them. */
export const STEP_KINDS = ['model', 'url', 'handler', 'sequence', 'parallel', 'switch', 'router'] as const;

const READERS: Readonly<Record<(typeof STEP_KINDS)[number], (fields: Fields, key: string) => Step>> = {
  model: readNode,
  url: readNode,
  handler(fields, key) {
    const module = readModuleRef(fields, { key, role: 'transform' });
    return {
      kind: 'module',
      ...readOptions(fields, key, { name: moduleName(module), known: ['handler', 'options'] }),
      module,
    };
  },
  sequence(fields, key) {
    const steps = listOf(readItem)(fields['sequence'], `${key}.sequence`);
    return { kind: 'sequence', ...readOptions(fields, key, { name: 'sequence', known: ['sequence'] }), steps };
  },
  parallel(fields, key) {
    const options = readOptions(fields, key, { name: 'parallel', known: ['parallel', 'combine'] });
    const branches = readBranches(fields['parallel'], `${key}.parallel`);
    const combine = optional(readCombine, fields['combine'], `${key}.combine`) ?? 'merge';
    return { kind: 'parallel', ...options, branches, combine };
  },
  switch(fields, key) {
    const options = readOptions(fields, key, { name: 'switch', known: ['switch', 'otherwise'] });
    const cases = listOf(readCase)(fields['switch'], `${key}.switch`);
    return {
      kind: 'switch',
      ...options,
      cases,
      otherwise: optional(readStep, fields['otherwise'], `${key}.otherwise`),
    };
  },
  router(fields, key) {
    const options = readOptions(fields, key, { name: 'router', known: routerKeys(fields, key) });
    const arms = readBranches(fields['router'], `${key}.router`);
    const policy = readPolicy(fields, { key, name: options.name, arms: Object.keys(arms) });
    const policyName = typeof fields['policy'] === 'string' ? fields['policy'] : 'own';
    return { kind: 'router', ...options, arms, policy, policyName };
  },
};

const readCombine: ConfigReader<Combination | ModuleRef> = (value, key) =>
  isPlainObject(value) ? moduleAlone('combine')(value, key) : oneOf('merge', 'mean', 'vote', 'first')(value, key);

/** A step of a sequence may say what it takes, and when. */
function readItem(value: unknown, key: string): Step {
  if (!isPlainObject(value) || (value['input'] === undefined && value['when'] === undefined))
    return readStep(value, key);
  const { input, when, ...fields } = value;
  const takes = optional(oneOf('request', 'previous'), input, `${key}.input`);
  return {
    ...readStep(fields, key),
    takesRequest: takes === 'request',
    when: optional(readCondition, when, `${key}.when`),
  };
}

/** A list has its nodes' names. */
function readBranches(value: unknown, key: string): Record<string, Step> {
  if (isPlainObject(value) && Object.keys(value).length > 0) {
    return Object.fromEntries(Object.entries(value).map(([name, step]) => [name, readStep(step, `${key}.${name}`)]));
  }
  const steps = listOf(readStep)(value, key);
  const names = steps.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new Error(`Model config: ${key} has "${twice}" twice: give its steps names of their own`);
  return Object.fromEntries(steps.map((step) => [step.name, step]));
}

function readCase(value: unknown, key: string): SwitchCase {
  if (!isPlainObject(value) || value['when'] === undefined || value['step'] === undefined) {
    throw configError(key, 'an object with when and step', value);
  }
  const when = readCondition(value['when'], `${key}.when`);
  return { when, text: conditionText(value['when']), step: readStep(value['step'], `${key}.step`) };
}

const NODE_KEYS = ['model', 'version', 'url', 'protocol', 'stream', 'inputs', 'outputs'];
/** Those that have answers in parts. */
const STREAMING = ['v2', 'grpc-v2', 'torchserve', 'grpc-torchserve'];

function readNode(fields: Fields, key: string): NodeStep {
  const model = optional(string, fields['model'], `${key}.model`);
  if (model !== undefined && !/^[^/]+(\/[^/]+)?$/.test(model)) {
    throw configError(`${key}.model`, 'MODEL or MODEL/VERSION', model);
  }
  const [named = '', ownVersion] = (model ?? '').split('/');
  const version = optional(versionText, fields['version'], `${key}.version`) ?? ownVersion;
  const url = optional(string, fields['url'], `${key}.url`);
  const protocol = optional(string, fields['protocol'], `${key}.protocol`);
  if (url === undefined && protocol !== undefined)
    throw new Error(`Model config: ${key}.protocol is for a server elsewhere: give its url`);
  const streams = optional(boolean, fields['stream'], `${key}.stream`) ?? false;
  if (streams && url === undefined)
    throw new Error(
      `Model config: ${key}.stream is for a server elsewhere: a model of this server says itself whether it answers in parts`,
    );
  if (streams && !STREAMING.includes(protocol ?? 'v1'))
    throw configError(
      `${key}.protocol`,
      `one of ${STREAMING.join(', ')}, which have answers in parts (stream)`,
      protocol ?? 'v1',
    );
  const local = version === undefined ? `local:${named}` : `local:${named}/${version}`;
  return {
    kind: 'node',
    ...readOptions(fields, key, { name: model ?? url ?? '', known: NODE_KEYS }),
    host: url ?? local,
    predictor: {
      predictor_host: url ?? local,
      ...(protocol !== undefined && { predictor_protocol: protocol }),
      ...(url !== undefined && model !== undefined && { predictor_model_name: named }),
      ...(url !== undefined && version !== undefined && { predictor_model_version: version }),
    },
    streams,
    inputs: optional(names, fields['inputs'], `${key}.inputs`) ?? {},
    outputs: optional(names, fields['outputs'], `${key}.outputs`) ?? {},
  };
}

interface Known {
  readonly name: string;
  readonly known: readonly string[];
}

const OPTION_KEYS = ['name', 'timeout_ms', 'retries', 'dependency', 'fallback'];

function readOptions(fields: Fields, key: string, { name, known }: Known): StepOptions {
  const keys = [...known, ...OPTION_KEYS];
  const unknown = Object.keys(fields).find((each) => !keys.includes(each));
  if (unknown !== undefined)
    throw new Error(`Model config: unknown key ${key}.${unknown}; known are ${keys.join(', ')}`);
  const dependency = optional(oneOf('hard', 'soft'), fields['dependency'], `${key}.dependency`);
  return {
    name: optional(string, fields['name'], `${key}.name`) ?? name,
    timeoutMs: optional(number, fields['timeout_ms'], `${key}.timeout_ms`) ?? Infinity,
    retries: optional(integer(0, 10), fields['retries'], `${key}.retries`) ?? 0,
    isSoft: dependency === 'soft',
    fallback: optional(readStep, fields['fallback'], `${key}.fallback`),
  };
}

const versionText: ConfigReader<string> = (value, key) =>
  typeof value === 'number' ? String(value) : string(value, key);

const names: ConfigReader<Record<string, string>> = (value, key) => {
  if (!isPlainObject(value)) throw configError(key, 'names and names', value);
  return Object.fromEntries(Object.entries(value).map(([name, other]) => [name, string(other, `${key}.${name}`)]));
};
