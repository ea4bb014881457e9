/** KServe's InferenceService (`serving.kserve.io/v1beta1`, and the form of `v1alpha2`): a predictor, a transformer, an explainer, a canary. */
import type { PlannedModel, PlanOptions } from '../plan.ts';
import type { Spec } from '../spec.ts';
import { archiveOfExplainer, explainerModel } from './explainer.ts';
import type { Kind } from './kind.ts';
import { readMetadata, type ObjectMetadata } from './metadata.ts';
import { numberKeys } from './number-keys.ts';

/** The service is asked by its name; a predictor behind a transformer is `NAME-predictor`. */
export const inferenceService: Kind = {
  kind: 'InferenceService',
  // The second is KFServing's name.
  apis: ['serving.kserve.io', 'serving.kubeflow.org'],
  plan: planService,
};

interface Service {
  readonly metadata: ObjectMetadata;
  readonly options: PlanOptions;
  readonly stands: string;
}

function planService(object: Spec, options: PlanOptions): PlannedModel[] {
  const metadata = readMetadata(object, options);
  const spec = object.at('spec').required();
  const service = { metadata, options, stands: `InferenceService "${metadata.name}"` };
  if (!spec.at('default').isThere) return planParts(spec, service);
  const canary = spec.at('canary');
  if (!canary.isThere) return planParts(spec.at('default'), service);
  // KFServing's form has the former and the next one side by side.
  const percent = spec.at('canaryTrafficPercent').number(0) ?? 0;
  const former = namedAs(service, `${metadata.name}-default`);
  const next = namedAs(service, `${metadata.name}-canary`);
  noteExplainer(spec.at('default'), former);
  noteExplainer(canary, next);
  return [
    ...planParts(spec.at('default'), former),
    ...planParts(canary, next),
    splitBetween(service, { former: former.metadata.name, next: next.metadata.name, percent }),
  ];
}

/** Which of both would explain an answer is not known. */
function noteExplainer(parts: Spec, { metadata: { name } }: Service): void {
  const explainer = parts.at('explainer');
  if (explainer.isThere)
    explainer.note(`explains "${name}" alone, and not the service, which asks another one as well`);
}

function namedAs(service: Service, name: string): Service {
  return { ...service, metadata: { ...service.metadata, name } };
}

interface Split {
  /** Models. */
  readonly former: string;
  readonly next: string;
  /** Of requests that go to the next one, 0 to 100. */
  readonly percent: number;
}

function splitBetween({ metadata: { name }, stands }: Service, { former, next, percent }: Split): PlannedModel {
  const weights = { default: 100 - percent, canary: percent };
  const router = { default: { model: former }, canary: { model: next } };
  const graph = { router, policy: 'weighted', weights, name: 'canary' };
  return { name, source: { handler: 'graph' }, config: { graph }, stands };
}

function planParts(parts: Spec, service: Service): PlannedModel[] {
  const { name } = service.metadata;
  const predictor = parts.at('predictor').required();
  const transformer = parts.at('transformer');
  const explainer = parts.at('explainer');
  if (transformer.isThere) {
    const behind = namedAs(service, `${name}-predictor`);
    const models = [...planPredictor(predictor, behind), planTransformer(transformer, service)];
    return [...models, ...planExplainer(explainer, behind.metadata.name, service)];
  }
  return [...planPredictor(predictor, service), ...planExplainer(explainer, name, service)];
}

/** What a component of a service may say, as keys of a model's YAML file. */
const COMPONENT_KEYS = {
  minReplicas: 'minWorkers',
  maxReplicas: 'maxWorkers',
  containerConcurrency: 'batchSize',
  timeout: 'responseTimeout',
};

function componentConfig(component: Spec): Record<string, number> {
  const batcher = numberKeys(component.at('batcher'), { maxBatchSize: 'batchSize', maxLatency: 'maxBatchDelay' });
  const { minWorkers, maxWorkers, batchSize, ...keys } = numberKeys(component, COMPONENT_KEYS);
  if (minWorkers === 0)
    component.at('minReplicas').note('is taken for 1: models are not started by their first request');
  if (maxWorkers === 0) component.at('maxReplicas').note('is taken for as many as minReplicas');
  component.at('logger').ignore('requests are not sent elsewhere');
  const least = minWorkers === undefined ? undefined : Math.max(1, minWorkers);
  return {
    ...keys,
    // KServe: 0 is no limit.
    ...(batchSize !== undefined && batchSize > 0 && { batchSize }),
    ...batcher,
    ...(least !== undefined && { minWorkers: least }),
    ...(maxWorkers !== undefined &&
      maxWorkers > 0 && { minWorkers: least ?? 1, maxWorkers: Math.max(maxWorkers, least ?? 1) }),
  };
}

/** Its canary is beside the version that is registered by now, where there is one. */
function planPredictor(predictor: Spec, service: Service): PlannedModel[] {
  const { metadata, options, stands } = service;
  const { name } = metadata;
  const url = archiveOf(predictor, service);
  const config = componentConfig(predictor);
  const canary = predictor.at('canaryTrafficPercent');
  const percent = canary.number(0) ?? 100;
  const model = { source: { url }, config, stands };
  const split = { former: `${name}-default`, next: `${name}-canary`, percent };
  if (percent >= 100) return [{ name, ...model, supersedes: [split.former, split.next] }];
  const former = options.registered[name];
  if (former === undefined || former === url) {
    canary.note(`is taken for 100: no other model "${name}" is registered`);
    return [{ name, ...model }];
  }
  return [
    { name: split.former, source: { url: former }, stands },
    { name: split.next, ...model },
    splitBetween(service, split),
  ];
}

/** Frameworks that are keys of their own. */
const FRAMEWORKS = [
  'onnx',
  'triton',
  'sklearn',
  'xgboost',
  'lightgbm',
  'tensorflow',
  'pytorch',
  'pmml',
  'paddle',
  'huggingface',
  'custom',
];

function archiveOf(predictor: Spec, { metadata: { archives } }: Service): string {
  const model = predictor.at('model');
  const framework = FRAMEWORKS.map((key) => predictor.at(key)).find((each) => each.isThere);
  const from = model.isThere ? model : framework;
  if (from === undefined) return archiveOfContainer(predictor, archives);
  for (const key of ['modelFormat', 'protocolVersion', 'runtime', 'runtimeVersion', 'name']) from.at(key).value();
  const uri = from.at('storageUri');
  const place = uri.isThere ? uri : from.at('storage').at('path');
  const url = archives.find([place]);
  if (url === undefined) throw from.error('has no storageUri');
  return url;
}

/** A server of somebody's own, whose model an archive of this server stands for. */
function archiveOfContainer(component: Spec, archives: ObjectMetadata['archives']): string {
  const [container] = component.at('containers').items();
  if (container === undefined) throw component.error('has no model, no framework and no containers');
  container.at('name').value();
  const uri = container
    .at('env')
    .items()
    .find((each) => each.at('name').text() === 'STORAGE_URI')
    ?.at('value');
  const url = archives.find([...(uri === undefined ? [] : [uri]), container.at('image').required()]);
  if (url === undefined) throw container.error('has no image');
  return url;
}

/** Started as KServe starts one, with the predictor on this server. */
function planTransformer(transformer: Spec, service: Service): PlannedModel {
  const { metadata, stands } = service;
  return {
    name: metadata.name,
    source: { url: archiveOfContainer(transformer, metadata.archives) },
    config: {
      predictor_host: `local:${metadata.name}-predictor`,
      predictor_protocol: protocolOf(transformer) ?? 'v1',
      ...componentConfig(transformer),
    },
    stands: `transformer of ${stands}`,
  };
}

/** In which a container asks its predictor; undefined where it does not say so. */
function protocolOf(component: Spec): string | undefined {
  const [container] = component.at('containers').items();
  const args = container?.at('args').value();
  return Array.isArray(args) ? flagOf(args.map(String), /^--(?:predictor_)?protocol$/) : undefined;
}

function flagOf(args: readonly string[], flag: RegExp): string | undefined {
  const index = args.findIndex((each) =>
    flag.test(each.split('=')[0]?.replaceAll('-', '_').replace(/^__/, '--') ?? ''),
  );
  const [, value] = args[index]?.split('=') ?? [];
  return value ?? (index < 0 ? undefined : args[index + 1]);
}

/** Explainers that come with KServe, and came with KFServing. */
const EXPLAINERS = ['art', 'alibi', 'aix'];

/** It asks the predictor, and no transformer, as in KServe. @param predictor the model that is that */
function planExplainer(explainer: Spec, predictor: string, service: Service): PlannedModel[] {
  if (!explainer.isThere) return [];
  const { metadata, stands } = service;
  const { name } = metadata;
  const url = explainer.at('containers').isThere
    ? archiveOfContainer(explainer, metadata.archives)
    : archiveOfStock(explainer, metadata.archives);
  if (url === undefined) return [];
  const protocol = protocolOf(explainer);
  const keys = { ...(protocol !== undefined && { predictor_protocol: protocol }), ...componentConfig(explainer) };
  return [explainerModel(url, { name, predictor, keys, stands })];
}

function archiveOfStock(explainer: Spec, archives: ObjectMetadata['archives']): string | undefined {
  const stock = EXPLAINERS.map((key) => explainer.at(key)).find((each) => each.isThere);
  stock?.at('type').value();
  return archiveOfExplainer(explainer, stock === undefined ? [] : [stock.at('storageUri')], archives);
}
