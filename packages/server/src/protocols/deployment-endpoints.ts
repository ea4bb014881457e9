/** `POST /graphs`: services from the files that people have for other servers, and graphs. */
import { ServeError } from '../core/errors.ts';
import type { Deployments } from '../deployment/deployments.ts';
import type { PlannedModel } from '../deployment/plan.ts';
import { MOST_DEPLOYMENT_BYTES } from '../deployment/read-deployment-file.ts';
import type { SpecNote } from '../deployment/spec.ts';
import { DEPLOYMENT_SCHEMA } from './deployment-schema.ts';
import type { Endpoint, PlainRequest, PlainResponse } from './endpoint.ts';
import { jsonResponse } from './json-response.ts';

/** What the endpoint needs of the server. */
export interface DeploymentPlanes {
  /** Makes models of files. */
  readonly deployments: Pick<Deployments, 'plan' | 'apply'>;
  /** Whether models may be registered (`enable_model_api`). */
  readonly modelApiEnabled: boolean;
}

/** For the management address, in the words of the default protocol. */
export function createDeploymentEndpoints(planes: DeploymentPlanes): Endpoint[] {
  return [
    {
      audience: 'management',
      method: 'POST',
      path: '/graphs',
      operationId: 'apply_graphs',
      summary:
        'Registers what a file asks for: graphs, SeldonDeployment, InferenceService, InferenceGraph, TrainedModel, specs of workflows',
      parameters: [
        {
          name: 'dry_run',
          in: 'query',
          type: 'boolean',
          description: 'Whether to answer only what would be registered',
          default: false,
        },
        {
          name: 'workflow_name',
          in: 'query',
          type: 'string',
          description: 'Name of a workflow of TorchServe, whose spec says none',
        },
      ],
      body: {
        description: 'JSON, or YAML of one or several documents',
        schema: DEPLOYMENT_SCHEMA,
        bytesAs: '*/*',
      },
      responses: {
        200: 'The models, and what of the file does nothing here',
        400: 'The file cannot be read, or asks for what cannot be; line and reason',
        404: 'An archive is not there',
        405: 'Models are not registered over the network (enable_model_api)',
        409: 'A model is there with the same version',
      },
      handle: (request) => apply(request, planes),
    },
  ];
}

async function apply(
  request: PlainRequest,
  { deployments, modelApiEnabled }: DeploymentPlanes,
): Promise<PlainResponse> {
  if (!modelApiEnabled) {
    throw new ServeError('method_not_allowed', 'Models are not registered over the network (enable_model_api)');
  }
  const workflowName = request.query.get('workflow_name') ?? undefined;
  const file = { text: await textOf(request), name: 'body', workflowName };
  if (isTrue(request.query.get('dry_run'))) {
    const { models, notes } = await deployments.plan(file);
    return jsonResponse(200, { models: models.map(planned), warnings: notes.map(warning) });
  }
  const { models, notes } = await deployments.apply(file, request.caller);
  const applied = models.map(({ name, version, how, stands }) => ({
    modelName: name,
    modelVersion: version,
    status: how,
    for: stands,
  }));
  return jsonResponse(200, { models: applied, warnings: notes.map(warning) });
}

async function textOf(request: PlainRequest): Promise<string> {
  const [body, ...others] = await request.readInputs(MOST_DEPLOYMENT_BYTES);
  if (others.length > 0)
    throw new ServeError('invalid_argument', 'Expected a file as the body, came a form with several fields');
  const bytes = Buffer.concat(body?.chunks ?? []);
  if (bytes.subarray(0, 4).equals(ZIP)) throw new ServeError('invalid_argument', ARCHIVE_AS_BODY);
  return bytes.toString('utf8');
}

/** How archives begin. */
const ZIP = Buffer.from('PK\u0003\u0004');

const ARCHIVE_AS_BODY =
  'Expected a text of YAML or JSON, came an archive: put it into the workflow store, or at an address that allowed_urls admits, and register it by POST /workflows?url=';

function isTrue(text: string | null): boolean {
  if (text === null || text.toLowerCase() === 'false') return false;
  if (text === '' || text.toLowerCase() === 'true') return true;
  throw new ServeError('invalid_argument', `Parameter dry_run: expected true or false, came "${text}"`);
}

function planned({ name, source, config, stands }: PlannedModel): object {
  return {
    modelName: name,
    ...('url' in source ? { modelUrl: source.url } : { handler: source.handler }),
    config,
    for: stands,
  };
}

function warning({ line, text }: SpecNote): object {
  return { line, text };
}
