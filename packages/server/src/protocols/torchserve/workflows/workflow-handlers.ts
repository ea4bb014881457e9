/** TorchServe's workflows: what each endpoint does and answers. */
import { redactSecrets } from '../../../core/redact-secrets.ts';
import type { WorkflowFacts, Workflows } from '../../../deployment/workflows/workflows.ts';
import { pageOf } from '../list-page.ts';
import { refuse, type ManagementHandler } from '../management-handlers.ts';
import type { Parameters } from '../parameters.ts';

/** What the calls work with. */
export interface WorkflowOptions {
  /** Does what they ask for. */
  readonly workflows: Pick<Workflows, 'list' | 'find' | 'register' | 'unregister'>;
  /** Whether models may be registered and unregistered (`enable_model_api`). */
  readonly modelApiEnabled: boolean;
}

/** One for each call. */
export type WorkflowHandlers = Readonly<Record<'list' | 'register' | 'describe' | 'unregister', ManagementHandler>>;

/** Those that change which models there are refuse where `enable_model_api` is false. */
export function createWorkflowHandlers({ workflows, modelApiEnabled }: WorkflowOptions): WorkflowHandlers {
  const handlers: WorkflowHandlers = {
    async list(_, parameters) {
      const { nextPageToken, items } = pageOf(workflows.list(), parameters);
      return { status: 200, value: { nextPageToken, workflows: items.map(identityOf) } };
    },
    async register({ caller }, parameters) {
      const url = parameters.required('url');
      const asked = { url, name: parameters.text('workflow_name'), keys: keysIn(parameters), caller };
      const name = await workflows.register(asked);
      return { status: 200, message: `Workflow ${name} has been registered and scaled successfully.` };
    },
    async describe({ params }) {
      const facts = workflows.find(params.workflow_name ?? '');
      return { status: 200, value: [{ ...identityOf(facts), ...facts.shown }] };
    },
    async unregister({ params }) {
      const { workflow_name: name = '' } = params;
      await workflows.unregister(name);
      return { status: 200, message: `Workflow "${name}" unregistered` };
    },
  };
  return modelApiEnabled ? handlers : { ...handlers, register: refuse, unregister: refuse };
}

function identityOf({ name, url }: WorkflowFacts): Record<string, string> {
  return { workflowName: name, workflowUrl: redactSecrets(url) };
}

function keysIn(parameters: Parameters): Record<string, number> {
  const responseTimeout = parameters.integer('response_timeout', 1);
  const startupTimeout = parameters.integer('startup_timeout', 1);
  return {
    ...(responseTimeout !== undefined && { responseTimeout }),
    ...(startupTimeout !== undefined && { startupTimeout }),
  };
}
