/** A graph as JSON, and as a picture: for programs and people that want to know what goes on in it. */
import type { ControlPlane } from '../../../core/control-plane.ts';
import type { DataPlane, ModelReadiness } from '../../../core/data-plane.ts';
import { messageOf, ServeError } from '../../../core/errors.ts';
import type { RegisteredVersion } from '../../../core/registry/registered-version.ts';
import type { Endpoint, Parameter, PlainRequest, PlainResponse } from '../../endpoint.ts';
import { jsonResponse } from '../../json-response.ts';
import { MODEL_NAME, MODEL_VERSION } from '../../model-parameters.ts';
import { readParameters, type Parameters } from '../parameters.ts';
import { withWarnings } from '../warnings.ts';
import { viewGraph } from './graph-view.ts';
import type { DrawnGraph } from './picture/draw-graph.ts';

/** Whom they ask. */
export interface GraphEndpointsOptions {
  /** Knows which models are ready. */
  readonly dataPlane: Pick<DataPlane, 'modelReadiness'>;
  /** Has the versions. */
  readonly controlPlane: Pick<ControlPlane, 'registry'>;
}

const FORMAT: Parameter = {
  name: 'format',
  in: 'query',
  type: 'string',
  description: 'json or svg; by default svg for who accepts image/svg+xml, else json',
  pattern: '^(json|svg)$',
};
const REFRESH: Parameter = {
  name: 'refresh',
  in: 'query',
  type: 'integer',
  description: 'Seconds after which a browser loads the picture again',
  minimum: 1,
};

/** `GET /models/{model_name}[/{model_version}]/graph`. */
export function createGraphEndpoints(options: GraphEndpointsOptions): Endpoint[] {
  const common = {
    audience: 'management',
    method: 'GET',
    responses: {
      200: 'Its steps and the ways between them',
      400: 'A parameter is wrong',
      404: 'No such model or version, or it is no graph',
    },
    handle: (request) => answer(options, request),
  } as const satisfies Partial<Endpoint>;
  return [
    {
      ...common,
      path: '/models/{model_name}/graph',
      operationId: 'show_graph',
      summary: 'Show the default version of a graph',
      parameters: [MODEL_NAME, FORMAT, REFRESH],
    },
    {
      ...common,
      path: '/models/{model_name}/{model_version}/graph',
      operationId: 'version_show_graph',
      summary: 'Show a version of a graph; "all" stands for all of its versions',
      parameters: [MODEL_NAME, MODEL_VERSION, FORMAT, REFRESH],
    },
  ];
}

async function answer(options: GraphEndpointsOptions, request: PlainRequest): Promise<PlainResponse> {
  const { model_name: name = '', model_version: version } = request.params;
  const parameters = await readParameters(request, [FORMAT, REFRESH]);
  const { registry } = options.controlPlane;
  const isOfAll = version === 'all';
  const versions = isOfAll ? registry.versionsOf(name) : [registry.resolve(name, version)];
  const graphs = await Promise.all(versions.map((registered) => graphOf(registered, options)));
  const views = graphs.map(({ view }) => view);
  const response = wantsPicture(request, parameters)
    ? await pictureResponse(graphs, parameters)
    : jsonResponse(200, isOfAll ? views : views[0], { vary: 'accept' });
  return withWarnings(
    response,
    parameters.ignored.map((each) => `Unknown parameter ${each} is ignored`),
  );
}

function wantsPicture(request: PlainRequest, parameters: Parameters): boolean {
  const format = parameters.text('format');
  if (format === undefined) return request.header('accept')?.includes('image/svg+xml') === true;
  if (format === 'json' || format === 'svg') return format === 'svg';
  throw new ServeError('invalid_argument', `Parameter format must be json or svg, got ${JSON.stringify(format)}.`);
}

/** @throws ServeError `model_not_found` for a model that is no graph */
async function graphOf(
  { key, model, serving }: RegisteredVersion,
  { dataPlane }: GraphEndpointsOptions,
): Promise<DrawnGraph> {
  const { handler } = model.manifest.model;
  const { GRAPH_HANDLERS, planGraph } = await import('@marserve/handlers/graph-plan');
  if (!GRAPH_HANDLERS.includes(handler)) {
    const subject = `Model "${key.name}" Version "${key.version}"`;
    const expected = GRAPH_HANDLERS.join(' or ');
    throw new ServeError('model_not_found', `${subject} is no graph: its handler is ${handler}, not ${expected}.`);
  }
  const plan = planGraph(JSON.parse(model.modelConfig) as Record<string, unknown>, handler);
  const readinessOf = (name: string, version: string | undefined) => readiness(dataPlane, name, version);
  return { plan, view: viewGraph({ key, plan, figures: serving.graphFigures, readinessOf }) };
}

/** That there is no such model is a reason like others. */
function readiness(
  dataPlane: GraphEndpointsOptions['dataPlane'],
  name: string,
  version: string | undefined,
): ModelReadiness {
  try {
    return dataPlane.modelReadiness(name, version);
  } catch (error) {
    return { isReady: false, reason: messageOf(error) };
  }
}

async function pictureResponse([graph, ...others]: readonly DrawnGraph[], parameters: Parameters) {
  if (graph === undefined || others.length > 0) {
    throw new ServeError('invalid_argument', 'A picture is of one version: name it in place of "all".');
  }
  const seconds = parameters.integer('refresh', 1);
  const { drawGraph } = await import('./picture/draw-graph.ts');
  const headers = {
    'content-type': 'image/svg+xml',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    vary: 'accept',
    ...(seconds !== undefined && { refresh: String(seconds) }),
  };
  return { status: 200, headers, body: drawGraph(graph) };
}
