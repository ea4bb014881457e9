/** The session API: list, create, execute and destroy (protocols.md 6.4). */
import { ServeError } from '../../core/errors.ts';
import { compactJson } from '../compact-json.ts';
import type { BodyDescription, Endpoint, PlainRequest, PlainResponse } from '../endpoint.ts';
import { FORCE, readForce, MODEL_NAME, MODEL_VERSION } from '../model-parameters.ts';
import { onlyPart } from '../only-part.ts';
import type { Planes } from '../protocol.ts';
import { readObject } from '../read-object.ts';
import { replyResponse } from '../reply-meta.ts';
import { requestTimeoutMs } from '../request-timeout.ts';
import { runtimeVersion } from './runtime-version.ts';
import { createSession, describeSession, type AskedSession } from './sessions.ts';

const UNKNOWN = { 404: 'No such session' };

const SESSION = {
  path: '/api/sessions/{model_name}/{model_version}',
  parameters: [MODEL_NAME, MODEL_VERSION],
} as const;

const INPUTS: BodyDescription = {
  description: 'The inputs of the model by their names, as nested lists',
  schema: { type: 'object', additionalProperties: {} },
};

const NAMES: BodyDescription = {
  description: 'Which model of the model store; option must be empty',
  schema: {
    type: 'object',
    properties: {
      model: { type: 'string' },
      version: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
      option: { type: 'object', maxProperties: 0 },
    },
    required: ['model', 'version'],
  },
};

/** The endpoints, most used first. */
export function createKibaeEndpoints(planes: Planes): Endpoint[] {
  return [executeEndpoint(planes), ...questions(planes), ...changes(planes)];
}

function executeEndpoint({ dataPlane }: Planes): Endpoint {
  return {
    ...SESSION,
    audience: 'inference',
    method: 'POST',
    operationId: 'kibae_execute_session',
    summary: 'Execute a session',
    body: INPUTS,
    takesModelInput: true,
    responses: { 200: 'The outputs by their names', 400: 'The inputs are wrong', ...UNKNOWN, 500: 'It failed' },
    async handle(request) {
      const { model_name: name = '', model_version: version } = request.params;
      const admission = dataPlane.admit(name, version);
      const timeoutMs = requestTimeoutMs(request);
      const inputs = await request.readInputs();
      const { requestId, caller, rawHeaders: headers } = request;
      const job = { operation: 'predict', requestId, codec: 'kibae', headers, inputs, timeoutMs } as const;
      const answer = await onlyPart(await admission.submit(job, caller), 'ask in another protocol');
      return replyResponse(answer, request);
    },
  };
}

function questions({ controlPlane: { registry } }: Planes): Endpoint[] {
  return [
    {
      ...SESSION,
      ...QUESTION,
      operationId: 'kibae_get_session',
      summary: 'Describe a session',
      responses: { 200: 'The session', ...UNKNOWN },
      handle: ({ params: { model_name: name = '', model_version: version } }) =>
        Promise.resolve().then(() => compactJson(200, describeSession(registry.resolve(name, version)))),
    },
    {
      ...QUESTION,
      path: '/api/sessions',
      parameters: [],
      operationId: 'kibae_list_sessions',
      summary: 'List all sessions',
      responses: { 200: 'All of them' },
      handle: () => Promise.resolve(compactJson(200, registry.all().map(describeSession))),
    },
    {
      ...PLAIN,
      path: '/api/version',
      operationId: 'kibae_version',
      handle: () => Promise.resolve(text(runtimeVersion())),
    },
    {
      ...PLAIN,
      path: '/health',
      operationId: 'kibae_health',
      givesWay: true,
      handle: () => Promise.resolve(text('OK')),
    },
  ];
}

const QUESTION = { audience: 'inference', method: 'GET' } as const;
const PLAIN = {
  ...QUESTION,
  audience: 'open',
  summary: 'Whether the server works, or with which ONNX Runtime',
  parameters: [],
  responses: { 200: 'A text' },
} as const;

function text(body: string): PlainResponse {
  return { status: 200, headers: { 'content-type': 'text/plain' }, body };
}

function changes({ controlPlane, modelApiEnabled }: Planes): Endpoint[] {
  const assertAllowed = () => {
    if (modelApiEnabled) return;
    throw new ServeError(
      'method_not_allowed',
      'Sessions are not created and destroyed over the network (enable_model_api)',
    );
  };
  return [
    {
      audience: 'management',
      method: 'POST',
      path: '/api/sessions',
      parameters: [],
      operationId: 'kibae_create_session',
      summary: 'Create a session of a model of the model store',
      body: NAMES,
      responses: { 200: 'The session', 400: 'The request is wrong', 404: 'No such model', 409: 'It is there already' },
      async handle(request) {
        assertAllowed();
        return compactJson(200, await createSession(controlPlane, await readAsked(request), request.caller));
      },
    },
    {
      ...SESSION,
      audience: 'management',
      method: 'DELETE',
      operationId: 'kibae_destroy_session',
      summary: 'Destroy a session',
      parameters: [...SESSION.parameters, FORCE],
      responses: {
        200: 'It is gone',
        400: 'A parameter is wrong',
        ...UNKNOWN,
        409: 'It is the default version of a model that has others, or others ask for it',
      },
      async handle({ params: { model_name: name = '', model_version: version }, query }) {
        assertAllowed();
        await controlPlane.unregister(name, version, { isForced: readForce(query) });
        return compactJson(200, true);
      },
    },
  ];
}

/** How a model is run is no business of its client's here: an option that would do nothing is refused. */
async function readAsked(request: PlainRequest): Promise<AskedSession> {
  const { model, version, option } = await readObject(request);
  if (typeof model !== 'string' || model === '') {
    throw new ServeError('invalid_argument', 'The request: expected a text as "model"');
  }
  if (typeof version !== 'string' && typeof version !== 'number') {
    throw new ServeError('invalid_argument', 'The request: expected a text or a number as "version"');
  }
  const [first] = Object.keys((option as object | null | undefined) ?? {});
  if (first !== undefined) {
    const advice = "what a session is run with is in the model's YAML file, in an archive";
    throw new ServeError('not_implemented', `The option "${first.slice(0, 60)}" is not taken: ${advice}`);
  }
  return { model, version: String(version) };
}
