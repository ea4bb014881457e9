/** Seldon Core's SeldonDeployment (`machinelearning.seldon.io/v1`): graphs of components, and traffic between them. */
import type { PlannedModel, PlanOptions } from '../plan.ts';
import type { Spec } from '../spec.ts';
import { archiveOfExplainer, explainerModel } from './explainer.ts';
import type { Kind } from './kind.ts';
import { readMetadata, type ObjectMetadata } from './metadata.ts';
import { readUnit, type UnitSurroundings } from './seldon-unit.ts';

/** `spec.predictors`; of several, each gets its share of the traffic, and shadows get it all without being heard. */
export const seldonDeployment: Kind = {
  kind: 'SeldonDeployment',
  apis: ['machinelearning.seldon.io'],
  plan(object, options) {
    const metadata = readMetadata(object, options);
    const spec = object.at('spec').required();
    for (const key of ['name', 'protocol', 'serverType']) spec.at(key).value();
    const transport = spec.at('transport').text()?.toLowerCase() === 'grpc' ? 'GRPC' : 'REST';
    const predictors = spec.at('predictors').required().items();
    if (predictors.length === 0) throw spec.at('predictors').error('is empty');
    const timeout = secondsOf(object.at('metadata').at('annotations').at('seldon.io/rest-timeout'));
    const deployment = { metadata, options, timeout, replicas: spec.at('replicas'), transport } as const;
    if (predictors.length === 1) return ofPredictor(predictors[0] as Spec, metadata.name, deployment);
    return ofPredictors(predictors, deployment);
  },
};

interface Deployment {
  readonly metadata: ObjectMetadata;
  readonly options: PlanOptions;
  /** Key of a model's YAML file, where the deployment has a time-out. */
  readonly timeout: Readonly<Record<string, number>>;
  readonly replicas: Spec;
  /** How units elsewhere are asked that do not say so. */
  readonly transport: UnitSurroundings['transport'];
}

/** Seldon counts in milliseconds. */
function secondsOf(milliseconds: Spec): Record<string, number> {
  const ms = milliseconds.number(1);
  return ms === undefined ? {} : { responseTimeout: Math.ceil(ms / 1000) };
}

/** @param name of the graph */
function ofPredictor(
  predictor: Spec,
  name: string,
  { metadata, timeout, replicas, transport }: Deployment,
): PlannedModel[] {
  const stands = `SeldonDeployment "${metadata.name}"`;
  const own = predictor.at('name').text();
  for (const key of ['labels', 'annotations', 'traffic', 'shadow']) predictor.at(key).value();
  const workers = predictor.at('replicas').number(0) ?? replicas.number(0);
  const keys = { ...(workers !== undefined && { minWorkers: Math.max(1, workers) }), ...timeout };
  // Whether answers tell the way of every unit.
  const orchestrator = predictor.at('svcOrchSpec').value();
  const { archives } = metadata;
  const surroundings: UnitSurroundings = { deployment: name, images: imagesOf(predictor), archives, transport };
  const { unit, models } = readUnit(predictor.at('graph').required(), surroundings);
  const components = Object.fromEntries(models.map(({ unit: of, name: model }) => [of, model]));
  const graph = {
    ...(own !== undefined && { name: own }),
    graph: unit,
    ...(surroundings.images.size > 0 && { componentSpecs: specsOf(surroundings) }),
    ...(orchestrator !== undefined && { svcOrchSpec: orchestrator }),
    components,
  };
  return [
    ...models.map(({ unit: of, ...model }) => ({
      ...model,
      config: { ...model.config, ...keys },
      stands: `unit "${of}" of ${stands}`,
    })),
    { name, source: { handler: 'seldon_graph' }, config: { seldon_graph: graph, ...keys }, stands },
    ...planExplainer(predictor.at('explainer'), { name, archives, stands }),
  ];
}

interface Explained {
  /** Of the graph. */
  readonly name: string;
  readonly archives: ObjectMetadata['archives'];
  readonly stands: string;
}

function planExplainer(explainer: Spec, { name, archives, stands }: Explained): PlannedModel[] {
  if (!explainer.isThere) return [];
  for (const key of ['type', 'endpoint']) explainer.at(key).value();
  const container = explainer.at('containerSpec');
  container.at('name').value();
  const url = archiveOfExplainer(explainer, [explainer.at('modelUri'), container.at('image')], archives);
  return url === undefined ? [] : [explainerModel(url, { name, predictor: name, keys: {}, stands })];
}

/** Images of containers by their names, which are those of units. */
function imagesOf(predictor: Spec): ReadonlyMap<string, Spec> {
  const images = new Map<string, Spec>();
  for (const item of predictor.at('componentSpecs').items()) {
    item.at('metadata').value();
    for (const container of item.at('spec').at('containers').items()) {
      const name = container.at('name').text();
      const image = container.at('image');
      if (name !== undefined && image.text() !== undefined) images.set(name, image);
    }
  }
  return images;
}

/** What answers say of units. */
function specsOf({ images }: UnitSurroundings): unknown {
  const containers = [...images].map(([name, image]) => ({ name, image: image.text() }));
  return [{ spec: { containers } }];
}

function ofPredictors(predictors: readonly Spec[], deployment: Deployment): PlannedModel[] {
  const { name } = deployment.metadata;
  const parts = predictors.map((predictor) => {
    const own = predictor.at('name').required().text() ?? '';
    const isShadow = predictor.at('shadow').value() === true;
    const traffic = predictor.at('traffic').number(0) ?? 0;
    return { predictor, own, isShadow, traffic, model: `${name}-${own}` };
  });
  const models = parts.flatMap(({ predictor, model }) => ofPredictor(predictor, model, deployment));
  const [first] = predictors as readonly [Spec, ...Spec[]];
  const served = parts.filter(({ isShadow }) => !isShadow);
  const [shadow, ...others] = parts.filter(({ isShadow }) => isShadow);
  for (const { predictor } of others) predictor.at('shadow').note('is one of several; only the first shadow is asked');
  if (served.length === 0) throw first.error('and all others are shadows: nobody would answer');
  const total = served.reduce((sum, { traffic }) => sum + traffic, 0);
  if (served.length > 1 && total !== 100)
    throw first.at('traffic').error(`and that of the others is ${total} in all, not 100`);
  first.note('is chosen by a graph, so that meta.requestPath and meta.routing of its units are not in answers');
  const arms = Object.fromEntries(served.map(({ own, model }) => [own, { model }]));
  const weights = Object.fromEntries(served.map(({ own, traffic }) => [own, traffic]));
  const main =
    served.length === 1 ? { model: served[0]?.model } : { router: arms, policy: 'weighted', weights, name: 'traffic' };
  const graph = shadow === undefined ? main : shadowed(main, shadow.model);
  return [...models, { name, source: { handler: 'graph' }, config: { graph }, stands: `SeldonDeployment "${name}"` }];
}

function shadowed(main: Readonly<Record<string, unknown>>, shadow: string): Readonly<Record<string, unknown>> {
  return { router: { main, shadow: { model: shadow } }, policy: 'shadow', name: 'shadow' };
}
