/** TorchServe's workflows: the table of their endpoints (torchserve.md 8.3). */
import type { Endpoint, Parameter } from '../../endpoint.ts';
import { LIST_PARAMETERS } from '../list-page.ts';
import { query, withParameters, type ManagementEndpoint } from '../management-endpoint.ts';
import type { ManagementHandler } from '../management-handlers.ts';
import { createWorkflowHandlers, type WorkflowOptions } from './workflow-handlers.ts';

const WORKFLOW_NAME: Parameter = {
  name: 'workflow_name',
  in: 'path',
  type: 'string',
  description: 'Name of the workflow',
  required: true,
};

const REGISTER_PARAMETERS: readonly Parameter[] = [
  {
    ...query('url', 'string', 'Archive (.war) in the model store, or an address that allowed_urls admits'),
    required: true,
  },
  query('workflow_name', 'string', "Name to register under instead of the manifest's"),
  {
    ...query('response_timeout', 'integer', 'Longest time for a batch of each of its models. In seconds.'),
    minimum: 1,
  },
  { ...query('startup_timeout', 'integer', 'Longest time for a start of their workers. In seconds.'), minimum: 1 },
];

const NOT_FOUND = { 404: 'No such workflow' };

/** The endpoints of the management address. */
export function createWorkflowEndpoints(options: WorkflowOptions): Endpoint[] {
  const { list, register, describe, unregister } = createWorkflowHandlers(options);
  return [
    listWorkflows(list),
    registerWorkflow(register),
    describeWorkflow(describe),
    unregisterWorkflow(unregister),
  ].map(withParameters);
}

function listWorkflows(handle: ManagementHandler): ManagementEndpoint {
  return {
    method: 'GET',
    path: '/workflows',
    operationId: 'list_workflows',
    summary: 'List registered workflows by name',
    parameters: LIST_PARAMETERS,
    responses: { 200: 'One page of workflows', 400: 'A parameter is wrong' },
    handle,
  };
}

function registerWorkflow(handle: ManagementHandler): ManagementEndpoint {
  return {
    method: 'POST',
    path: '/workflows',
    operationId: 'register_workflow',
    summary: 'Register a workflow with all of its models; resolves when they are ready',
    parameters: REGISTER_PARAMETERS,
    responses: {
      200: 'Registered, and its workers are there',
      400: 'A parameter, the archive or its spec is wrong, or it could not be fetched',
      404: 'No such archive, or an address that is not allowed',
      405: 'Models are not registered over the network (enable_model_api)',
      409: 'It, or a model of its name, is registered already',
      500: 'One of its models could not be registered; nothing of it is',
    },
    handle,
  };
}

function describeWorkflow(handle: ManagementHandler): ManagementEndpoint {
  return {
    method: 'GET',
    path: '/workflows/{workflow_name}',
    operationId: 'describe_workflow',
    summary: 'Describe a workflow',
    parameters: [WORKFLOW_NAME],
    responses: { 200: 'Settings and how its nodes are joined', ...NOT_FOUND },
    handle,
  };
}

function unregisterWorkflow(handle: ManagementHandler): ManagementEndpoint {
  return {
    method: 'DELETE',
    path: '/workflows/{workflow_name}',
    operationId: 'unregister_workflow',
    summary: 'Unregister a workflow with all of its models; requests in flight are finished first',
    parameters: [WORKFLOW_NAME],
    responses: {
      200: 'Unregistered',
      405: 'Models are not unregistered over the network (enable_model_api)',
      408: 'Requests in flight were not finished in time',
      409: 'Others ask for it, or for one of its models',
      ...NOT_FOUND,
    },
    handle,
  };
}
