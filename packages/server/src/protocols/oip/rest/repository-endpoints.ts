/** Triton's model repository extension; it is for whoever may manage models. */
import { ServeError } from '../../../core/errors.ts';
import { compactJson } from '../../compact-json.ts';
import type { BodyDescription, Endpoint, Parameter, PlainRequest, PlainResponse } from '../../endpoint.ts';
import { isRecord } from '../../is-record.ts';
import { MODEL_NAME } from '../../model-parameters.ts';
import type { Planes } from '../../protocol.ts';
import { createRepository, type RepositoryParameters } from '../models/repository.ts';
import { readObject } from '../../read-object.ts';

const OF_MODEL: Readonly<Record<number, string>> = {
  200: 'It is done',
  400: 'A parameter or the archive is wrong',
  404: 'No such model',
  405: 'enable_model_api is false',
};

/** There may be none, which is an empty object. */
const objectOf = (properties: Readonly<Record<string, unknown>>, description: string): BodyDescription => ({
  description,
  schema: { type: 'object', properties },
  isOptional: true,
});

const BODIES = {
  index: objectOf({ ready: { type: 'boolean' } }, 'Whether those alone are wanted that can serve; default false'),
  load: objectOf({ parameters: { type: 'object', maxProperties: 0 } }, 'A model is served as its archive has it'),
  unload: objectOf(
    {
      parameters: {
        type: 'object',
        properties: { unload_dependents: { type: 'boolean' } },
        additionalProperties: false,
      },
    },
    'Nothing depends on another model',
  ),
};

/** Index, load and unload. */
export function createRepositoryEndpoints(planes: Planes): Endpoint[] {
  const repository = createRepository(planes);
  return [
    {
      ...post('/v2/repository/index', 'repository_index', 'List the models of the store, and those that are loaded'),
      parameters: [],
      body: BODIES.index,
      responses: { 200: 'Name, version, state and reason of each', 400: 'The request is wrong' },
      handle: async (request) => compactJson(200, await repository.index(await readReady(request))),
    },
    {
      ...post('/v2/repository/models/{model_name}/load', 'load_model', 'Load the newest version of a model'),
      parameters: [MODEL_NAME],
      body: BODIES.load,
      responses: {
        ...OF_MODEL,
        409: 'Its archive was changed, or another version is on its way',
        500: 'A worker could not be started',
        501: 'Another configuration than that of the archive',
      },
      handle: (request) =>
        onModel(request, 'load', (name, parameters) => repository.load(name, parameters, request.caller)),
    },
    {
      ...post('/v2/repository/models/{model_name}/unload', 'unload_model', 'Unload all versions of a model'),
      parameters: [MODEL_NAME],
      body: BODIES.unload,
      responses: { ...OF_MODEL, 408: 'Requests in flight were not finished in time' },
      handle: (request) => onModel(request, 'unload', (name, parameters) => repository.unload(name, parameters)),
    },
    refuseNames(),
  ];
}

type Post = Pick<Endpoint, 'audience' | 'method' | 'path' | 'operationId' | 'summary'>;

function post(path: string, operationId: string, summary: string): Post {
  return { audience: 'management', method: 'POST', path, operationId: `oip_${operationId}`, summary };
}

async function readReady(request: PlainRequest): Promise<boolean> {
  const { ready = false } = await readObject(request);
  if (typeof ready === 'boolean') return ready;
  throw new ServeError('invalid_argument', `"ready": expected a boolean, got ${typeof ready}`);
}

type Change = (name: string, parameters: RepositoryParameters) => Promise<void>;

/** Triton's clients look at the status alone, KServe's at the object as well. */
async function onModel(request: PlainRequest, verb: 'load' | 'unload', change: Change): Promise<PlainResponse> {
  const { parameters = {} } = await readObject(request);
  if (!isRecord(parameters)) throw new ServeError('invalid_argument', '"parameters": expected an object');
  const { model_name: name = '' } = request.params;
  await change(name, parameters);
  return compactJson(200, { name, [verb]: true });
}

const REST: Parameter = {
  name: 'rest',
  in: 'path',
  type: 'string',
  description: 'What is asked of a repository with a name',
  required: true,
};

/** Triton has a form of each path with the repository's name in it, and does not speak it either. */
function refuseNames(): Endpoint {
  const advice = 'POST /v2/repository/index and /v2/repository/models/NAME/load or /unload, at the management address';
  return {
    ...post('/v2/repository/{rest*}', 'named_repository', 'Repositories with a name, which are refused'),
    audience: 'open',
    parameters: [REST],
    responses: { 501: 'There is one repository, the model store' },
    handle: () => Promise.reject(new ServeError('not_implemented', `There is one model repository: ${advice}`)),
  };
}
