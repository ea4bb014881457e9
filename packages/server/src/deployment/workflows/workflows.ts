/** TorchServe's workflows: registering them with their models, and all that is told of them. */
import type { ControlPlane } from '../../core/control-plane.ts';
import { messageOf, ServeError } from '../../core/errors.ts';
import { callerSignal } from '../../core/jobs/caller-signal.ts';
import type { Caller } from '../../core/jobs/job.ts';
import type { Logger } from '../../core/logger.ts';
import type { RegisteredVersion } from '../../core/registry/registered-version.ts';
import { unregisterTogether } from '../../core/registry/unregister-together.ts';
import { applyPlan } from '../apply-plan.ts';
import type { Deployments } from '../deployments.ts';
import type { PlannedModel } from '../plan.ts';
import type { WorkflowOrigin } from './plan-workflow.ts';
import type { ReadWorkflow } from './read-workflow.ts';

/** What they work with. */
export interface WorkflowsOptions {
  /** Registers their models. */
  readonly controlPlane: ControlPlane;
  /** Told what is odd about a spec. */
  readonly logger: Logger;
  /** Finds their archives. */
  readonly readWorkflow: ReadWorkflow;
  /** Whose turns they share: files and workflows are applied one at a time. */
  readonly deployments: Pick<Deployments, 'inTurn'>;
}

/** A registration. */
export interface WorkflowRegistration extends Pick<WorkflowOrigin, 'keys'> {
  /** Archive in the model store, or an address that `allowed_urls` admits. */
  readonly url: string;
  /** In place of the manifest's. */
  readonly name?: string | undefined;
  /** Whoever waits. */
  readonly caller?: Caller;
}

/** A workflow that is registered. */
export interface WorkflowFacts {
  /** Its name. */
  readonly name: string;
  /** What it was registered from. */
  readonly url: string;
  /** As describe has it: settings for all of its models, and how they are joined. */
  readonly shown: Readonly<Record<string, unknown>>;
  /** Names of its models. */
  readonly models: readonly string[];
}

/** Those of a server. They are models like any other, so that the registry has all that there is to know of them. */
export class Workflows {
  readonly #options: WorkflowsOptions;

  constructor(options: WorkflowsOptions) {
    this.#options = options;
  }

  /** In alphabetical order. */
  list(): WorkflowFacts[] {
    const { registry } = this.#options.controlPlane;
    return registry.names().flatMap((name) => factsOf(registry.resolve(name)) ?? []);
  }

  /** @throws ServeError `workflow_not_found` */
  find(name: string): WorkflowFacts {
    const found = this.#options.controlPlane.registry.find({ name });
    const facts = found && factsOf(found);
    if (facts !== undefined) return facts;
    throw new ServeError('workflow_not_found', `Workflow not found: ${name}`);
  }

  /**
   * Resolves when all of its models are ready, and it is.
   * @returns its name
   * @throws ServeError as `ModelSource.open`; `already_registered`; `workflow_failed`: then nothing of it is registered
   */
  async register({ url, name, keys, caller }: WorkflowRegistration): Promise<string> {
    const { deployments, readWorkflow, logger } = this.#options;
    const { manifest, spec } = await readWorkflow(url, callerSignal(caller));
    const { workflowName, handler } = manifest.workflow;
    for (const warning of spec.warnings) logger.warn(warning, { workflow: url });
    // Loaded with what reads archives of workflows, for the first one.
    const { planWorkflow } = await import('./plan-workflow.ts');
    const origin = { name: name ?? workflowName, url, handler, keys };
    await deployments.inTurn(() => this.#apply(planWorkflow(spec, origin), caller));
    return origin.name;
  }

  /**
   * With all of its models.
   * @throws ServeError `workflow_not_found`; `model_needed` where others ask it or one of them; `unregister_timeout`
   */
  unregister(name: string): Promise<void> {
    const { controlPlane, deployments } = this.#options;
    const { models } = this.find(name);
    return deployments.inTurn(() => unregisterTogether(controlPlane, [name, ...models]));
  }

  async #apply(models: readonly PlannedModel[], caller: Caller | undefined): Promise<void> {
    this.#assertNew(models);
    try {
      await applyPlan({ models, notes: [] }, { ...this.#options, ...(caller !== undefined && { caller }) });
    } catch (error) {
      const name = models.at(-1)?.name;
      const problem = `Workflow ${name} has failed to register. Failures: [${messageOf(error)}]`;
      throw new ServeError('workflow_failed', problem, { cause: error });
    }
  }

  #assertNew(models: readonly PlannedModel[]): void {
    const { registry } = this.#options.controlPlane;
    const workflow = models.at(-1)?.name ?? '';
    const known = [workflow, ...models.map(({ name }) => name)].find((name) => registry.find({ name }) !== undefined);
    if (known === undefined) return;
    const found = registry.resolve(known);
    if (factsOf(found) !== undefined)
      throw new ServeError('already_registered', `Workflow ${known} is already registered.`);
    const problem = `A model "${known}" is registered, whose name the workflow ${workflow} needs.`;
    throw new ServeError('already_registered', problem);
  }
}

/** Undefined for another model. */
function factsOf({ key, model, registration }: RegisteredVersion): WorkflowFacts | undefined {
  const section = registration.config?.['workflow'] as PlannedSection | undefined;
  if (section === undefined || model.manifest.model.handler !== 'workflow') return undefined;
  const models = section.nodes.flatMap(({ model: asked }) => asked ?? []);
  return { name: key.name, url: model.url, shown: section.shown, models };
}

/** As `planWorkflow` makes it. */
interface PlannedSection {
  readonly nodes: readonly { readonly model?: string }[];
  readonly shown: Readonly<Record<string, unknown>>;
}
