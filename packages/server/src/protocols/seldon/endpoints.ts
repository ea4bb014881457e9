/** Seldon's external API, at any time, and the wrapper's, where the server stands in for one (protocols.md 4.2, 4.5). */
import type { SeldonMethod } from '@marserve/handlers/component';
import { ServeError } from '../../core/errors.ts';
import type { DataPlane } from '../../core/data-plane.ts';
import type { BodyDescription, Endpoint, Parameter, PlainRequest, PlainResponse } from '../endpoint.ts';
import { MODEL_NAME } from '../model-parameters.ts';
import { onlyPart } from '../only-part.ts';
import type { Planes } from '../protocol.ts';
import { replyHead } from '../reply-meta.ts';
import { requestTimeoutMs } from '../request-timeout.ts';
import { methodHeader } from './methods.ts';
import { isWrapper, modelAsked } from './model-asked.ts';
import { puidHeader } from './puid.ts';

const NAMESPACE: Parameter = {
  name: 'namespace',
  in: 'path',
  type: 'string',
  description: 'Any; a server has no namespaces',
  required: true,
};

const DEPLOYMENT: Place = {
  prefix: '/seldon/{namespace}/{model_name}',
  parameters: [NAMESPACE, { ...MODEL_NAME, description: 'Name of the model, which stands for the deployment' }],
  id: 'deployment_',
};
const ONLY: Place = { prefix: '', parameters: [], id: '' };

interface Place {
  readonly prefix: string;
  readonly parameters: readonly Parameter[];
  readonly id: string;
}

const FORMS = 'also as the field json of a form or of the query, or as a multipart form of its fields';

const ANY_LIST = { type: 'array', items: {} };

/** A tensor and TensorFlow's are taken as well, and are more than a schema can say. */
const MESSAGE: BodyDescription = {
  description: `A SeldonMessage; ${FORMS}`,
  schema: {
    type: 'object',
    properties: {
      data: {
        type: 'object',
        properties: { ndarray: ANY_LIST, names: ANY_LIST },
        required: ['ndarray'],
      },
      strData: { type: 'string' },
      binData: { type: 'string' },
      jsonData: { oneOf: [{ type: 'object' }, ANY_LIST, { type: 'string' }, { type: 'number' }, { type: 'boolean' }] },
    },
    oneOf: ['data', 'strData', 'binData', 'jsonData'].map((key) => ({ required: [key] })),
  },
};

const FEEDBACK: BodyDescription = { description: `A Feedback; ${FORMS}`, schema: { type: 'object' } };

const SUMMARIES: Readonly<Record<SeldonMethod, string>> = {
  predictions: 'Predict',
  predict: 'Ask a model',
  'transform-input': 'Ask a transformer',
  'transform-output': 'Ask a transformer of outputs',
  route: 'Ask a router',
  aggregate: 'Ask a combiner',
  'send-feedback': 'Say what came of a prediction',
  'health-status': 'Ask the component how it is',
  metadata: 'Describe the component',
  'graph-metadata': 'Describe the components',
};

/** The endpoints, most used first. */
export function createSeldonEndpoints(planes: Planes): Endpoint[] {
  const external = [DEPLOYMENT, ONLY].flatMap((place) => externalEndpoints(planes, place));
  return isWrapper(planes.profile) ? [...external, ...wrapperEndpoints(planes)] : external;
}

const EXTERNAL: readonly (readonly [path: string, method: SeldonMethod])[] = [
  ['v1.0/predictions', 'predictions'],
  ['v1.0/feedback', 'send-feedback'],
  ['v0.1/predictions', 'predictions'],
  ['v0.1/feedback', 'send-feedback'],
  ['v1.0/metadata', 'metadata'],
  ['v1.0/health/status', 'health-status'],
];

function externalEndpoints(planes: Planes, { prefix, id, parameters }: Place): Endpoint[] {
  return EXTERNAL.map(([path, method]) => {
    const name = `${id}${path.replaceAll(/[./]/g, '_')}`;
    return endpoint(planes, { path: `${prefix}/api/${path}`, id: name, method, parameters });
  });
}

const WRAPPER = ['predict', 'transform-input', 'transform-output', 'route', 'aggregate', 'send-feedback'] as const;

/** Each is taken with GET as well, with the message in the query. */
function wrapperEndpoints(planes: Planes): Endpoint[] {
  const both = WRAPPER.flatMap((method): Endpoint[] => {
    const asked = { path: `/${method}`, id: method.replaceAll('-', '_'), method, parameters: [] };
    return [
      endpoint(planes, asked),
      { ...endpoint(planes, { ...asked, id: `get_${asked.id}` }), method: 'GET', parameters: [IN_QUERY] },
    ];
  });
  return [
    ...both,
    endpoint(planes, { path: '/metadata', id: 'metadata', method: 'metadata', parameters: [] }),
    endpoint(planes, { path: '/health/status', id: 'health_status', method: 'health-status', parameters: [] }),
    { ...STATE, path: '/health/ping', operationId: 'seldon_ping', handle: () => Promise.resolve(text('pong')) },
    { ...STATE, path: '/live', operationId: 'seldon_live', handle: () => Promise.resolve(text('')) },
    {
      ...STATE,
      path: '/ready',
      operationId: 'seldon_ready',
      handle: () => Promise.resolve().then(() => ready(planes.dataPlane)),
    },
  ];
}

const IN_QUERY: Parameter = { name: 'json', in: 'query', type: 'string', description: 'The message', required: true };

const STATE = {
  audience: 'open',
  method: 'GET',
  summary: 'Whether the server works, in the protocol of Seldon',
  parameters: [],
  responses: { 200: 'It does', 503: 'Not every model can serve' },
} as const;

interface Asked extends Pick<Endpoint, 'path' | 'parameters'> {
  readonly id: string;
  readonly method: SeldonMethod;
}

const RESPONSES = {
  200: 'A SeldonMessage',
  400: 'The message is none, or the component refused it',
  404: 'No such model',
  500: 'The component failed',
  501: 'The component has no such method',
  503: 'The model cannot serve now',
};

function endpoint(planes: Planes, { path, id, method, parameters }: Asked): Endpoint {
  const isQuestion = method === 'metadata' || method === 'health-status';
  return {
    audience: 'inference',
    method: isQuestion ? 'GET' : 'POST',
    path,
    operationId: `seldon_${id}`,
    summary: `${SUMMARIES[method]}, in the protocol of Seldon`,
    parameters,
    responses: RESPONSES,
    ...(!isQuestion && { takesModelInput: true, body: method === 'send-feedback' ? FEEDBACK : MESSAGE }),
    handle: (request) => answer(planes, method, request),
  };
}

async function answer(
  { dataPlane, profile }: Planes,
  method: SeldonMethod,
  request: PlainRequest,
): Promise<PlainResponse> {
  const admission = dataPlane.admit(modelAsked(dataPlane, request.params['model_name'], profile));
  const timeoutMs = requestTimeoutMs(request);
  const { requestId, caller, rawHeaders } = request;
  const inputs = await inputsOf(request);
  const headers = [...rawHeaders, ...methodHeader(method)];
  const job = { operation: 'predict', requestId, codec: 'seldon', headers, inputs, timeoutMs } as const;
  const whole = await onlyPart(await admission.submit(job, caller), 'ask in another protocol');
  const head = replyHead(whole, request);
  return { ...head, headers: { ...puidHeader(request), ...head.headers }, body: whole.body };
}

/** The query may have the message, in place of a body. */
async function inputsOf(request: PlainRequest): ReturnType<PlainRequest['readInputs']> {
  const inputs = await request.readInputs();
  const json = request.query.get('json');
  if (json === null || inputs.some(({ chunks }) => chunks.some(({ length }) => length > 0))) return inputs;
  return [{ name: 'body', contentType: 'application/json', chunks: [Buffer.from(json)] }];
}

function ready(dataPlane: DataPlane): PlainResponse {
  if (dataPlane.isReady()) return text('');
  throw new ServeError('no_worker', 'Not every model can serve.');
}

function text(body: string): PlainResponse {
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}
