/** The units of a SeldonDeployment's graph: which are models of this server, and which run where the graph does. */
import type { Archives } from '../archives.ts';
import type { PlannedModel } from '../plan.ts';
import type { Spec } from '../spec.ts';

/** What units are looked up in. */
export interface UnitSurroundings {
  /** Of whose name their models' names are made. */
  readonly deployment: string;
  /** Image of a container by its name, which is that of its unit. */
  readonly images: ReadonlyMap<string, Spec>;
  /** What images stand for here. */
  readonly archives: Archives;
  /** How units elsewhere are asked that do not say so. */
  readonly transport: 'REST' | 'GRPC';
}

/** A model of a unit. */
export interface UnitModel extends Omit<PlannedModel, 'stands'> {
  /** Its unit. */
  readonly unit: string;
}

/** A unit, and what is behind it. */
export interface ReadUnit {
  /** As the handler `seldon_graph` reads it. */
  readonly unit: Readonly<Record<string, unknown>>;
  /** Models of it and all behind it. */
  readonly models: readonly UnitModel[];
}

/** Units that Seldon's executor answers itself, and so does `seldon_graph`. */
const BUILT_IN = /^(SIMPLE_MODEL|SIMPLE_ROUTER|RANDOM_ABTEST|AVERAGE_COMBINER)$/;

/** Seldon's bandits, which `seldon_graph` has as well. */
const BANDIT = /(?:^|\/)mab_(?:epsilon_greedy|thompson_sampling)(?:[:@]|$)/;

/** @throws SpecError for a unit whose archive is not known */
export function readUnit(spec: Spec, surroundings: UnitSurroundings): ReadUnit {
  const name = spec.at('name').required().text() ?? '';
  const { images, archives } = surroundings;
  const image = images.get(name)?.text() ?? '';
  const isNamed = archives.named(name) !== undefined || archives.named(image) !== undefined;
  const isBandit = !isNamed && BANDIT.test(image);
  const isBuiltIn = isBandit || BUILT_IN.test(spec.at('implementation').text() ?? '');
  const parameters = spec.at('parameters').value();
  const kept = KEPT.map((key) => [key, spec.at(key).value()] as const).filter(([, value]) => value !== undefined);
  const endpoint = isBuiltIn ? undefined : elsewhere(spec, surroundings);
  const own = isBuiltIn || endpoint !== undefined ? [] : [modelOf(spec, { name, parameters }, surroundings)];
  const children = childrenOf(spec.at('children')).map((child) => readUnit(child, surroundings));
  const unit = {
    name,
    ...Object.fromEntries(kept),
    ...(endpoint !== undefined && { endpoint }),
    children: children.map((child) => child.unit),
  };
  return {
    unit: isBuiltIn && parameters !== undefined ? { ...unit, parameters } : unit,
    models: [...own, ...children.flatMap(({ models }) => models)],
  };
}

const KEPT = ['type', 'implementation', 'methods'];

/** A single one may stand without a list. */
function childrenOf(children: Spec): Spec[] {
  return Array.isArray(children.value()) || !children.isThere ? children.items() : [children];
}

/** The endpoint of a unit that runs on another machine; what Seldon's operator writes beside a container is none. */
function elsewhere(spec: Spec, { images, archives, transport }: UnitSurroundings): unknown {
  const endpoint = spec.at('endpoint');
  const host = endpoint.isThere ? endpoint.at('service_host').text() : undefined;
  const fields = endpoint.value();
  const name = spec.at('name').text() ?? '';
  const isHere = images.has(name) || archives.named(name) !== undefined || spec.at('modelUri').isThere;
  if (host === undefined || isHere) return undefined;
  spec.at('parameters').ignore(`the component at ${host} has its own`);
  return { type: transport, ...(fields as object) };
}

interface NamedUnit {
  readonly name: string;
  readonly parameters: unknown;
}

function modelOf(spec: Spec, { name, parameters }: NamedUnit, surroundings: UnitSurroundings): UnitModel {
  const { deployment, images, archives } = surroundings;
  const image = images.get(name);
  const uri = spec.at('modelUri');
  const url = archives.named(name) ?? archives.find([uri, ...(image === undefined ? [] : [image])]);
  if (url === undefined)
    throw spec.error(`(unit "${name}") has neither a container of its name in componentSpecs nor a modelUri`);
  const component = {
    unit: name,
    type: spec.at('type').text() ?? 'MODEL',
    ...(image !== undefined && { image: image.text() }),
    ...(parameters !== undefined && { parameters }),
  };
  return {
    unit: name,
    name: `${deployment}-${name}`,
    source: { url },
    config: image === undefined ? {} : { component },
  };
}
