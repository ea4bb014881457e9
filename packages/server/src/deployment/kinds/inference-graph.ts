/** KServe's InferenceGraph (`serving.kserve.io/v1alpha1`) as a graph of this server. */
import type { Spec } from '../spec.ts';
import { readGjson } from './gjson.ts';
import type { Kind } from './kind.ts';
import { readMetadata } from './metadata.ts';
import { numberKeys } from './number-keys.ts';

/** `spec.nodes`, of which `root` is the first. */
export const inferenceGraph: Kind = {
  kind: 'InferenceGraph',
  apis: ['serving.kserve.io'],
  plan(object, options) {
    const { name } = readMetadata(object, options);
    const spec = object.at('spec').required();
    const nodes = spec.at('nodes').required();
    const graph = readNode({ nodes, path: [] }, 'root', nodes);
    const keys = numberKeys(spec, { minReplicas: 'minWorkers', maxReplicas: 'maxWorkers', timeout: 'responseTimeout' });
    spec.at('routerTimeouts').ignore('time-outs are those of the configuration');
    return [{ name, source: { handler: 'graph' }, config: { graph, ...keys }, stands: `InferenceGraph "${name}"` }];
  },
};

type Step = Readonly<Record<string, unknown>>;

interface Walk {
  readonly nodes: Spec;
  /** The nodes that stand around this one. */
  readonly path: readonly string[];
}

function readNode({ nodes, path }: Walk, name: string, named: Spec): Step {
  if (path.includes(name)) throw named.error(`makes a circle: ${[...path, name].join(' → ')}`);
  if (!nodes.keys().includes(name)) throw named.error(`names the node "${name}", which there is not`);
  const node = nodes.at(name);
  const router = node.at('routerType').required();
  const steps = node.at('steps').items();
  if (steps.length === 0) throw node.error('has no steps');
  const type = router.text() ?? '';
  const read = Object.hasOwn(ROUTERS, type) ? ROUTERS[type] : undefined;
  if (read === undefined) throw router.error(`expected one of ${Object.keys(ROUTERS).join(', ')}`);
  return { ...read(steps, { nodes, path: [...path, name] }), name };
}

const ROUTERS: Readonly<Record<string, (steps: readonly Spec[], walk: Walk) => Step>> = {
  Sequence: (steps, walk) => ({
    sequence: steps.map((step, index) => ({ ...readTarget(step, walk), ...(index > 0 && sequenceOptions(step)) })),
  }),
  Switch(steps, walk) {
    const cases = steps.map((step) => ({ when: conditionOf(step), step: readTarget(step, walk) }));
    const otherwise = cases.find(({ when }) => when === undefined)?.step;
    return { switch: cases.filter(({ when }) => when !== undefined), ...(otherwise && { otherwise }) };
  },
  Ensemble(steps, walk) {
    for (const step of steps) step.at('condition').ignore('all steps of an Ensemble are asked');
    return { parallel: named(steps, walk), combine: 'merge' };
  },
  Splitter(steps, walk) {
    const weights = steps.map(
      (step, index) => [nameOf(step, index), step.at('weight').required().number(0) ?? 0] as const,
    );
    const sum = weights.reduce((total, [, weight]) => total + weight, 0);
    if (sum !== 100) throw steps[0]?.at('weight').error(`and those beside it are ${sum} in all, not 100`);
    return { router: named(steps, walk), policy: 'weighted', weights: Object.fromEntries(weights) };
  },
};

function named(steps: readonly Spec[], walk: Walk): Record<string, Step> {
  const targets: Record<string, Step> = {};
  for (const [index, step] of steps.entries()) {
    const name = nameOf(step, index);
    if (Object.hasOwn(targets, name)) throw step.at('name').error(`"${name}" is the name of another step, too`);
    targets[name] = readTarget(step, walk);
  }
  return targets;
}

/** KServe's answers have the number of a step without a name. */
function nameOf(step: Spec, index: number): string {
  return step.at('name').text() ?? String(index);
}

/** What the step gets, and whether it is asked at all. */
function sequenceOptions(step: Spec): Step {
  const data = step.at('data');
  const from = data.text() ?? '$request';
  if (from !== '$request' && from !== '$response') throw data.error('expected $request or $response');
  const when = conditionOf(step);
  return { ...(from === '$request' && { input: 'request' }), ...(when !== undefined && { when }) };
}

function conditionOf(step: Spec): unknown {
  const condition = step.at('condition');
  const text = condition.text();
  if (text === undefined || text === '') return undefined;
  const read = readGjson(text);
  if (read === undefined) throw condition.error(`"${text}" is a path that is not known here: ${KNOWN}`);
  return read;
}

const KNOWN = 'expected one such as instances.0.kind, instances.#(kind=="flat") or [@this].#(kind=="flat")';

/** Predictions are instances of the next node in any case. */
function readTarget(step: Spec, walk: Walk): Step {
  for (const key of ['data', 'mapPredictionsToInstances', 'condition', 'weight']) step.at(key).value();
  const name = step.at('name').text();
  const dependency = step.at('dependency');
  const how = dependency.text() ?? 'Soft';
  if (how !== 'Soft' && how !== 'Hard') throw dependency.error('expected Soft or Hard');
  const options = { ...(name !== undefined && { name }), ...(how === 'Soft' && { dependency: 'soft' }) };
  const node = step.at('nodeName');
  if (node.isThere) return { ...readNode(walk, node.text() ?? '', node), ...options };
  const service = step.at('serviceName').text();
  if (service !== undefined) return { model: service, ...options };
  const url = step.at('serviceUrl');
  if (url.isThere) return { ...remoteOf(url), ...options };
  throw step.error('has none of nodeName, serviceName and serviceUrl');
}

/** Such as `http://iris.default/v1/models/iris:predict`. */
function remoteOf(url: Spec): Step {
  const text = url.text() ?? '';
  if (!URL.canParse(text)) throw url.error('expected an address');
  const { origin, pathname } = new URL(text);
  const [, protocol, model] = /^\/(v1|v2)\/models\/([^/:]+)(?::predict|\/infer)?$/.exec(pathname) ?? [];
  if (protocol !== undefined) return { url: origin, protocol, model: decodeURIComponent(model ?? '') };
  throw url.error('expected an address that ends with /v1/models/NAME:predict or /v2/models/NAME/infer');
}
