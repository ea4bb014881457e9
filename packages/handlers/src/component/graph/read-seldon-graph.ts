/** A graph as a SeldonDeployment has it, a predictor or its `graph` alone, as units (`seldondeployment_types.go`, PredictorSpec and PredictiveUnit). */
import { configError, isPlainObject, listOf, oneOf, optional, string, type ConfigReader } from '../../model-config.ts';
import { readParameters } from '../component-parameters.ts';
import { builtInUnit, BUILT_IN_UNITS } from './built-in-units.ts';
import { readEndpoint } from './read-endpoint.ts';
import { unitsOf, type SeldonGraph, type SeldonUnit, type UnitMethod, type UnitPlace } from './seldon-unit.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What units are looked up in. */
interface Surroundings {
  /** Model of a unit that is called otherwise. */
  readonly components: ReadonlyMap<string, string>;
  /** Image of a unit's container. */
  readonly images: ReadonlyMap<string, string>;
  /** Collected on the way. */
  readonly warnings: string[];
}

/** So deep may units stand behind each other. */
const DEEPEST = 32;

/** @param key of `section`, for messages @throws Error for what is no graph, with its place */
export function readSeldonGraph(section: unknown, key: string): SeldonGraph {
  if (!isPlainObject(section)) throw configError(key, 'a graph of Seldon, such as {name: …, type: MODEL}', section);
  const isPredictor = isPlainObject(section['graph']);
  const { components: table, ...unit } = section;
  const surroundings: Surroundings = {
    components: readComponents(table, `${key}.components`),
    images: isPredictor ? readImages(section['componentSpecs'], `${key}.componentSpecs`) : new Map(),
    warnings: [],
  };
  if (isPredictor) checkPredictor(unit, key, surroundings);
  const root = readUnit(isPredictor ? section['graph'] : unit, isPredictor ? `${key}.graph` : key, surroundings);
  checkNames(root, surroundings, key);
  return {
    name: isPredictor ? (optional(string, section['name'], `${key}.name`) ?? '') : '',
    root,
    tellsAllRoutes: isPredictor && tellsAllRoutes(section['svcOrchSpec']),
    warnings: surroundings.warnings,
  };
}

const PREDICTOR_KEYS = ['name', 'graph', 'componentSpecs', 'svcOrchSpec'];

/** Kubernetes' business, or that of whoever chooses between predictors. */
const IDLE_PREDICTOR_KEYS = [
  'replicas',
  'traffic',
  'shadow',
  'annotations',
  'labels',
  'explainer',
  'engineResources',
  'ssl',
  'progressDeadlineSeconds',
];

function checkPredictor(fields: Fields, key: string, { warnings }: Surroundings): void {
  checkKeys(fields, key, [...PREDICTOR_KEYS, ...IDLE_PREDICTOR_KEYS]);
  for (const name of IDLE_PREDICTOR_KEYS)
    if (isSet(fields[name])) warnings.push(`${key}.${name} counts for nothing here`);
}

const UNIT_KEYS = ['name', 'type', 'implementation', 'methods', 'endpoint', 'parameters', 'children', 'modelUri'];
const IDLE_UNIT_KEYS = ['serviceAccountName', 'envSecretRefName', 'storageInitializerImage', 'logger'];

function readUnit(value: unknown, key: string, surroundings: Surroundings): SeldonUnit {
  if (!isPlainObject(value)) throw configError(key, 'a unit, such as {name: …, type: MODEL}', value);
  if (key.split(/\.(?=children\[)/).length > DEEPEST) throw new Error(`Model config: ${key} is nested too deep`);
  checkKeys(value, key, [...UNIT_KEYS, ...IDLE_UNIT_KEYS]);
  const name = string(value['name'], `${key}.name`);
  const place = readPlace(value, key, surroundings);
  const parameters = readUnitParameters(value['parameters'], `${key}.parameters`);
  const children = readChildren(value['children'], `${key}.children`, surroundings);
  const methods = place.kind === 'built-in' ? builtInUnit(place.name).methods : readMethods(value, key);
  warnOf(value, key, { place, warnings: surroundings.warnings });
  const unit = { name, place, parameters, children, methods, image: surroundings.images.get(name) };
  const problem = place.kind === 'built-in' ? builtInUnit(place.name).problem?.(unit) : undefined;
  if (problem !== undefined) throw new Error(`Model config: ${key}: ${problem}`);
  return unit;
}

function warnOf(fields: Fields, key: string, { place, warnings }: { place: UnitPlace; warnings: string[] }): void {
  const idle = [...IDLE_UNIT_KEYS, 'modelUri'].filter((each) => isSet(fields[each]));
  for (const each of idle) warnings.push(`${key}.${each} counts for nothing here`);
  const { parameters, implementation } = fields;
  if (place.kind === 'remote' && isSet(parameters))
    warnings.push(`${key}.parameters are for the component at ${place.url}, which has its own`);
  if (!String(implementation).endsWith('_SERVER') || place.kind !== 'model' || !isSet(parameters)) return;
  warnings.push(`${key}.parameters are for ${String(implementation)}; the model "${place.model.name}" has its own`);
}

function readPlace(fields: Fields, key: string, { components, images }: Surroundings): UnitPlace {
  const name = string(fields['name'], `${key}.name`);
  const implementation = optional(string, fields['implementation'], `${key}.implementation`);
  const builtIn = components.has(name) ? implementation : (implementation ?? bandit(images.get(name)));
  if (builtIn !== undefined && Object.hasOwn(BUILT_IN_UNITS, builtIn)) return { kind: 'built-in', name: builtIn };
  const url = readEndpoint(fields['endpoint'], `${key}.endpoint`);
  // What Seldon's operator has written into a graph is the place of a container.
  if (url !== undefined && !components.has(name) && !images.has(name)) return { kind: 'remote', url };
  if (implementation !== undefined && !/^UNKNOWN_IMPLEMENTATION$|_SERVER$/.test(implementation)) {
    const known = `one of ${Object.keys(BUILT_IN_UNITS).join(', ')}, or of the servers (…_SERVER)`;
    throw configError(`${key}.implementation`, known, implementation);
  }
  const [model = '', version, ...others] = (components.get(name) ?? name).split('/');
  if (model === '' || version === '' || others.length > 0)
    throw configError(`${key}.name`, 'a model, or MODEL/VERSION in components', components.get(name) ?? name);
  return { kind: 'model', model: { name: model, version } };
}

/** Seldon's bandits are images. */
function bandit(image = ''): string | undefined {
  const [, name] = /(?:^|\/)mab_(epsilon_greedy|thompson_sampling)(?:[:@]|$)/.exec(image) ?? [];
  return name && { epsilon_greedy: 'EpsilonGreedy', thompson_sampling: 'ThompsonSampling' }[name];
}

const TYPES = {
  UNKNOWN_TYPE: [],
  MODEL: ['predict', 'send-feedback'],
  TRANSFORMER: ['transform-input'],
  OUTPUT_TRANSFORMER: ['transform-output'],
  ROUTER: ['route', 'send-feedback'],
  COMBINER: ['aggregate'],
} as const satisfies Readonly<Record<string, readonly UnitMethod[]>>;

const METHODS = {
  TRANSFORM_INPUT: 'transform-input',
  TRANSFORM_OUTPUT: 'transform-output',
  ROUTE: 'route',
  AGGREGATE: 'aggregate',
  SEND_FEEDBACK: 'send-feedback',
} as const satisfies Readonly<Record<string, UnitMethod>>;

/** Of a prepackaged server, or of a model's file, what a model has. */
function readMethods(fields: Fields, key: string): ReadonlySet<UnitMethod> {
  const { implementation, modelUri, methods, type } = fields;
  const own = isSet(methods) ? listOf(oneOf(...keysOf(METHODS)))(methods, `${key}.methods`) : [];
  const isServer = String(implementation).endsWith('_SERVER') || isSet(modelUri);
  const otherwise = isServer ? 'MODEL' : own.length > 0 ? 'UNKNOWN_TYPE' : type;
  const named = oneOf(...keysOf(TYPES))(isSet(type) ? type : otherwise, `${key}.type`);
  return new Set([...TYPES[named], ...own.map((method) => METHODS[method])]);
}

function keysOf<T extends object>(table: T): (keyof T & string)[] {
  return Object.keys(table) as (keyof T & string)[];
}

function readUnitParameters(value: unknown, key: string): SeldonUnit['parameters'] {
  try {
    return isSet(value) ? readParameters(value) : {};
  } catch (error) {
    throw new Error(`Model config: ${key}: ${(error as Error).message}`, { cause: error });
  }
}

/** YAML of the documentation has a single one without a list. */
function readChildren(value: unknown, key: string, surroundings: Surroundings): SeldonUnit[] {
  if (!isSet(value)) return [];
  const children = isPlainObject(value) ? [value] : value;
  if (!Array.isArray(children)) throw configError(key, 'a list of units', value);
  return children.map((child, index) => readUnit(child, `${key}[${index}]`, surroundings));
}

function readComponents(value: unknown, key: string): Map<string, string> {
  if (!isSet(value)) return new Map();
  if (!isPlainObject(value)) throw configError(key, 'models by the names of units', value);
  return new Map(Object.entries(value).map(([unit, model]) => [unit, string(model, `${key}.${unit}`)]));
}

/** Of containers by their names, which are those of units. */
function readImages(value: unknown, key: string): Map<string, string> {
  const specs = isSet(value) ? listOf(record)(value, key) : [];
  const containers = specs.flatMap(({ spec }, index) => {
    const list = isPlainObject(spec) ? spec['containers'] : undefined;
    return isSet(list) ? listOf(record)(list, `${key}[${index}].spec.containers`) : [];
  });
  return new Map(
    containers.flatMap(({ name, image }) =>
      typeof name === 'string' && typeof image === 'string' ? [[name, image] as const] : [],
    ),
  );
}

const record: ConfigReader<Fields> = (value, key) => {
  if (isPlainObject(value)) return value;
  throw configError(key, 'keys and values', value);
};

/** As the executor takes it: whatever it is set to. */
function tellsAllRoutes(spec: unknown): boolean {
  const env = isPlainObject(spec) ? spec['env'] : undefined;
  const named = Array.isArray(env) ? env.filter(isPlainObject) : [];
  return named.some(({ name, value }) => name === 'SELDON_ENABLE_ROUTING_INJECTION' && isSet(value) && value !== '');
}

/** By their names answers and feedbacks tell which is which. */
function checkNames(root: SeldonUnit, { components }: Surroundings, key: string): void {
  const names = unitsOf(root).map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`Model config: ${key} has two units "${twice}"; their names must differ`);
  const nobody = [...components.keys()].find((name) => !names.includes(name));
  if (nobody !== undefined)
    throw new Error(`Model config: ${key}.components.${nobody}: there is no such unit; there are ${names.join(', ')}`);
}

function checkKeys(fields: Fields, key: string, known: readonly string[]): void {
  const unknown = Object.keys(fields).find((each) => !known.includes(each));
  if (unknown !== undefined)
    throw new Error(`Model config: unknown key ${key}.${unknown}; known are ${known.join(', ')}`);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
