/** Which model a request is for. */
import type { DataPlane } from '../../core/data-plane.ts';
import { ServeError } from '../../core/errors.ts';

const PROFILE = 'seldon';

/** Whether the server stands in for the wrapper of a component. */
export function isWrapper(profile: string): boolean {
  return profile === PROFILE;
}

/**
 * A wrapper has one component, and what a request names is the deployment of the graph that it is in.
 * @param named undefined for a request that names none
 * @throws ServeError `model_not_found` where it must
 */
export function modelAsked(dataPlane: DataPlane, named: string | undefined, profile: string): string {
  const [name, ...others] = dataPlane.modelNames();
  if (named !== undefined && !(isWrapper(profile) && name !== undefined && others.length === 0)) return named;
  if (name === undefined) throw new ServeError('model_not_found', 'There is no model yet: register one.');
  if (others.length === 0) return name;
  const list = [name, ...others].slice(0, 10).join(', ');
  throw new ServeError(
    'model_not_found',
    `There are several models (${list}): ask one of them at /seldon/default/MODEL/api/v1.0/predictions, over gRPC with the metadata seldon: MODEL.`,
  );
}

/**
 * Which model a path of an ingress means, `[NAMESPACE/]DEPLOYMENT-explainer/PREDICTOR`: the explainer itself, where it is a
 * model, or the one that it explains.
 * @param params of the path
 */
export function explainerAsked(
  dataPlane: Pick<DataPlane, 'modelNames'>,
  { namespace, model_name: deployment = '', predictor = '' }: Readonly<Record<string, string | undefined>>,
): string {
  const names = new Set(dataPlane.modelNames());
  // Without a namespace, what is called like an explainer may be one.
  const others = namespace === undefined ? [predictor] : [];
  const meant = [`${deployment}-explainer`, `${deployment}-${predictor}`, deployment, ...others];
  return meant.find((each) => names.has(each)) ?? deployment;
}

/** Where a request names no deployment, a component may be a model. */
export function modelCalled(dataPlane: DataPlane, component: string | undefined): string | undefined {
  return component !== undefined && dataPlane.modelNames().includes(component) ? component : undefined;
}
