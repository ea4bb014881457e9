/** Seldon's external API, at any time, and the wrapper's, where the server stands in for one (protocols.md 4.2, 4.5). */
import type { SeldonMethod } from '@marserve/handlers/component';
import type { Operation } from '../../core/jobs/job.ts';
import type { Endpoint, Parameter } from '../endpoint.ts';
import { MODEL_NAME } from '../model-parameters.ts';
import type { Planes } from '../protocol.ts';
import { askEndpoint } from './ask-component.ts';
import { createDocEndpoints } from './doc-endpoints.ts';
import { isWrapper } from './model-asked.ts';
import { createWrapperEndpoints } from './wrapper-endpoints.ts';

interface Place {
  readonly prefix: string;
  readonly parameters: readonly Parameter[];
  readonly id: string;
}

const NAMESPACE: Parameter = {
  name: 'namespace',
  in: 'path',
  type: 'string',
  description: 'Any; a server has no namespaces',
  required: true,
};
const DEPLOYED: Parameter = { ...MODEL_NAME, description: 'Name of the model, which stands for the deployment' };
const PREDICTOR: Parameter = {
  name: 'predictor',
  in: 'path',
  type: 'string',
  description: 'Name of a predictor of the deployment',
  required: true,
};
const COMPONENT: Parameter = {
  name: 'component',
  in: 'path',
  type: 'string',
  description: 'Name of a component of the graph, or of the model',
  required: true,
};

/** Clients leave the namespace out where they have none. */
const PLACES: readonly Place[] = [
  { prefix: '/seldon/{namespace}/{model_name}', parameters: [NAMESPACE, DEPLOYED], id: 'deployment_' },
  { prefix: '/seldon/{model_name}', parameters: [DEPLOYED], id: 'short_' },
  { prefix: '', parameters: [], id: '' },
];

const EXTERNAL: readonly (readonly [path: string, method: SeldonMethod, operation?: Operation])[] = [
  ['v1.0/predictions', 'predictions'],
  ['v1.0/feedback', 'send-feedback'],
  ['v1.0/explain', 'predictions', 'explain'],
  ['v1.0/explain/{component}', 'predictions', 'explain'],
  ['v0.1/predictions', 'predictions'],
  ['v0.1/feedback', 'send-feedback'],
  ['v1.0/metadata', 'graph-metadata'],
  ['v1.0/metadata/{component}', 'metadata'],
  ['v1.0/status', 'health-status'],
  ['v1.0/status/{component}', 'health-status'],
  ['v1.0/health/status', 'health-status'],
];

/** The endpoints, most used first. */
export function createSeldonEndpoints(planes: Planes): Endpoint[] {
  const isAlone = isWrapper(planes.profile);
  const external = PLACES.flatMap((place) => externalEndpoints(planes, place));
  const explainers = PLACES.filter(({ prefix }) => prefix !== '').map((place) => explainerEndpoint(planes, place));
  const asking = [...external, ...explainers, ...(isAlone ? createWrapperEndpoints(planes) : [])];
  return [...asking, ...createDocEndpoints(planes, asking)];
}

/** An ingress has the explainers of deployments at paths of their own, of which its clients know. */
function explainerEndpoint(planes: Planes, { prefix, id, parameters }: Place): Endpoint {
  return askEndpoint(planes, {
    path: `${prefix}-explainer/{${PREDICTOR.name}}/api/v1.0/explain`,
    id: `${id}explainer_v1_0_explain`,
    method: 'predictions',
    operation: 'explain',
    parameters: [...parameters, PREDICTOR],
  });
}

/** A wrapper has no graph to describe. */
function externalEndpoints(planes: Planes, { prefix, id, parameters }: Place): Endpoint[] {
  return EXTERNAL.map(([path, method, operation]) => {
    const name = `${id}${path.replaceAll(/[./{}]+/g, '_').replace(/_$/, '')}`;
    const isOfComponent = path.endsWith(`{${COMPONENT.name}}`);
    return askEndpoint(planes, {
      path: `${prefix}/api/${path}`,
      id: name,
      method: method === 'graph-metadata' && prefix === '' && isWrapper(planes.profile) ? 'metadata' : method,
      operation,
      parameters: isOfComponent ? [...parameters, COMPONENT] : parameters,
    });
  });
}
