/** TorchServe's management API: the table of its endpoints. */
import { SETTINGS } from '@marserve/archiver/model-config';
import type { Endpoint, Parameter } from '../endpoint.ts';
import { FORCE, MODEL_NAME, MODEL_VERSION } from '../model-parameters.ts';
import { LIST_PARAMETERS } from './list-page.ts';
import { query, withParameters, type ManagementEndpoint } from './management-endpoint.ts';
import { createManagementHandlers, type ManagementHandlers, type ManagementOptions } from './management-handlers.ts';

const SYNCHRONOUS = 'Whether to answer only when the workers are there';

const WAIT_FOR_NODES =
  'Seconds within which the models must be ready that a graph cannot do without; it is not registered else. Nobody waits without it';
const REPLACE =
  'Whether it takes the place of the default version, which is drained and unregistered, when it is ready';
const DRAIN =
  'Whether it takes over under load: it is given as many workers, and the former is drained and unregistered';

const REGISTER_PARAMETERS: readonly Parameter[] = [
  { ...query('url', 'string', 'Archive in the model store, or an address that allowed_urls admits'), required: true },
  query('model_name', 'string', "Name to register under instead of the manifest's"),
  query('handler', 'string', "Handler instead of the manifest's"),
  query('runtime', 'string', "Runtime instead of the manifest's"),
  query('initial_workers', 'integer', 'Workers to start'),
  { ...query('synchronous', 'boolean', SYNCHRONOUS), default: true },
  { ...query('wait_for_nodes', 'integer', WAIT_FOR_NODES), minimum: 0 },
  { ...query('replace', 'boolean', REPLACE), default: false },
  FORCE,
  ...SETTINGS.flatMap(({ parameter, unit, description }) => {
    const inUnit = unit === undefined ? description : `${description} In ${unit}.`;
    return parameter === undefined ? [] : { ...query(parameter.name, 'integer', inUnit), minimum: parameter.min };
  }),
];

const SCALE_PARAMETERS: readonly Parameter[] = [
  { ...query('min_worker', 'integer', 'Least number of workers'), minimum: 0, default: 1 },
  { ...query('max_worker', 'integer', 'Greatest number of workers; min_worker when it is not given'), minimum: 0 },
  query('model_version', 'string', 'Version, where the path names none'),
  { ...query('synchronous', 'boolean', SYNCHRONOUS), default: false },
];

const CUSTOMIZED = {
  ...query('customized', 'boolean', "Whether to add the handler's own description"),
  default: false,
};

const WRONG = { 400: 'A parameter is wrong' };
const NOT_FOUND = { 404: 'No such model or version' };

/** The endpoints of the management address. */
export function createManagementEndpoints(options: ManagementOptions): Endpoint[] {
  const handlers = createManagementHandlers(options);
  const endpoints = [
    listModels(handlers),
    registerModel(handlers),
    ...versioned(describeModel(handlers)),
    ...versioned(scaleWorkers(handlers)),
    ...versioned(unregisterModel(handlers)),
    setDefault(handlers),
  ];
  return endpoints.map(withParameters);
}

function listModels({ list }: ManagementHandlers): ManagementEndpoint {
  return {
    method: 'GET',
    path: '/models',
    operationId: 'list_models',
    summary: 'List registered models by name',
    parameters: LIST_PARAMETERS,
    responses: { 200: 'One page of models', ...WRONG },
    handle: list,
  };
}

function registerModel({ register }: ManagementHandlers): ManagementEndpoint {
  return {
    method: 'POST',
    path: '/models',
    operationId: 'register_model',
    summary: 'Register an archive',
    parameters: REGISTER_PARAMETERS,
    responses: {
      200: 'Registered',
      202: 'Registered; workers are starting',
      400: 'A parameter, the archive or its manifest is wrong',
      404: 'No such archive',
      409: 'That version is registered already, asks itself in the end, or answers its golden requests wrongly; or others ask for the version that it replaces, or another replaces that',
      500: 'A worker could not be started; the registration was undone',
      504: 'Models that it cannot do without were not ready in time; the registration was undone',
    },
    handle: register,
  };
}

function describeModel({ describe }: ManagementHandlers): Omit<ManagementEndpoint, 'path'> {
  return {
    method: 'GET',
    operationId: 'describe_model',
    summary: 'Describe a model; the version "all" stands for all its versions',
    parameters: [CUSTOMIZED],
    responses: {
      200: 'Settings, workers and queue',
      503: 'No worker for a customized description',
      ...WRONG,
      ...NOT_FOUND,
    },
    handle: describe,
  };
}

function scaleWorkers({ scale }: ManagementHandlers): Omit<ManagementEndpoint, 'path'> {
  return {
    method: 'PUT',
    operationId: 'scale_workers',
    summary: 'Set the number of workers',
    parameters: SCALE_PARAMETERS,
    responses: {
      200: 'The workers are there',
      202: 'Workers are being started or stopped',
      400: 'A parameter is wrong',
      409: 'It answers its golden requests wrongly, or takes part in a replacement of the default version',
      500: 'A worker could not be started',
      ...NOT_FOUND,
    },
    handle: scale,
  };
}

function unregisterModel({ unregister }: ManagementHandlers): Omit<ManagementEndpoint, 'path'> {
  return {
    method: 'DELETE',
    operationId: 'unregister_model',
    summary: 'Unregister; requests in flight are finished first',
    parameters: [FORCE],
    responses: {
      200: 'Unregistered',
      ...WRONG,
      403: 'The default version of a model that has others',
      409: 'Others ask for it, or it takes part in a replacement of the default version',
      408: 'Requests in flight were not finished in time',
      ...NOT_FOUND,
    },
    handle: unregister,
  };
}

function setDefault(handlers: ManagementHandlers): ManagementEndpoint {
  return {
    method: 'PUT',
    path: '/models/{model_name}/{model_version}/set-default',
    operationId: 'set_default',
    summary: 'Make a version the default one',
    parameters: [MODEL_NAME, MODEL_VERSION, { ...query('drain', 'boolean', DRAIN), default: false }, FORCE],
    responses: {
      200: 'It is the default version',
      ...WRONG,
      408: 'It is, but requests of the former one were not finished in time',
      409: 'It would ask itself in the end, or answers its golden requests wrongly; or others ask for the former one, or another replacement is under way',
      500: 'Its workers could not be started, and the former one stays',
      ...NOT_FOUND,
    },
    handle: handlers.setDefault,
  };
}

/** One endpoint for a model's default version, one for a version by name. */
function versioned(endpoint: Omit<ManagementEndpoint, 'path'>): ManagementEndpoint[] {
  const { operationId, parameters } = endpoint;
  return [
    { ...endpoint, path: '/models/{model_name}', parameters: [MODEL_NAME, ...parameters] },
    {
      ...endpoint,
      path: '/models/{model_name}/{model_version}',
      operationId: `version_${operationId}`,
      parameters: [MODEL_NAME, MODEL_VERSION, ...parameters],
    },
  ];
}
