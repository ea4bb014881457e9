/** Files of services: what they would become, and what they are made. */
import { ArchiveError } from '@marserve/archiver/format';
import { messageOf, ServeError } from '../core/errors.ts';
import type { RunTask } from '../threads/task-thread.ts';
import { applyPlan, type AppliedModel, type ApplyParts } from './apply-plan.ts';
import type { DeploymentPlan, PlanOptions } from './plan.ts';
import type { SpecNote } from './spec.ts';
import type { ReadWorkflow } from './workflows/read-workflow.ts';

/** A file of services. */
export type DeploymentFile = DeploymentText | DeploymentArchive;

/** The archive of a workflow. */
export interface DeploymentArchive {
  /** Absolute path; one that whoever started the server has named. */
  readonly archive: string;
  /** What messages call it. */
  readonly name: string;
}

/** A text, and what messages call it. */
export interface DeploymentText {
  /** YAML or JSON, of one or several documents. */
  readonly text: string;
  /** Such as `iris.yaml`. */
  readonly name: string;
  /** See `PlanOptions`. */
  readonly workflowName?: string | undefined;
}

/** What a file was made. */
export interface Deployed {
  /** In the order in which they were registered. */
  readonly models: readonly AppliedModel[];
  /** What of the file does nothing here, or is taken for something else. */
  readonly notes: readonly SpecNote[];
}

/** What turns files into models. */
export interface DeploymentsOptions extends Omit<ApplyParts, 'caller'> {
  /** Reads the files, in a thread: strangers wrote them. */
  readonly runTask: RunTask;
  /** Reads archives of workflows. */
  readonly readWorkflow: ReadWorkflow;
  /** See `PlanOptions`. */
  readonly archives: PlanOptions['archives'];
}

/** Applies files, one at a time: each finds what the one before it has made. */
export class Deployments {
  readonly #options: DeploymentsOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: DeploymentsOptions) {
    this.#options = options;
  }

  /** What the file would become. @throws ServeError `invalid_argument` with file, line and what was expected; of an archive as `ReadWorkflow` */
  async plan(file: DeploymentFile): Promise<DeploymentPlan> {
    try {
      if ('archive' in file) return await this.#planArchive(file.archive);
      return await this.#planText(file);
    } catch (error) {
      if (error instanceof ServeError) throw error;
      const problem = error instanceof ArchiveError ? `${file.name}: ${error.message}` : messageOf(error);
      throw new ServeError('invalid_argument', problem, { cause: error });
    }
  }

  /** Resolves when all of the file's models are ready. @throws ServeError as `plan`; of the first model that fails */
  apply(file: DeploymentFile, caller?: ApplyParts['caller']): Promise<Deployed> {
    return this.inTurn(() => this.#apply(file, caller));
  }

  /** Runs something when all that was begun before it is done. @throws whatever it throws */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #apply(file: DeploymentFile, caller: ApplyParts['caller']): Promise<Deployed> {
    const plan = await this.plan(file);
    const { logger } = this.#options;
    for (const { file: name, line, text } of plan.notes) logger.warn(text, { file: name, line });
    const models = await applyPlan(plan, { ...this.#options, caller });
    logger.info('services are ready', { file: file.name, models: models.map((model) => model.name) });
    return { models, notes: plan.notes };
  }

  async #planArchive(archive: string): Promise<DeploymentPlan> {
    const workflow = await this.#options.readWorkflow(archive);
    // What reads YAML comes with it, which the server starts without.
    const { planArchive } = await import('./workflows/plan-archive.ts');
    return planArchive(workflow, archive);
  }

  #planText({ text, name, workflowName }: DeploymentText): Promise<DeploymentPlan> {
    const { archives, runTask, controlPlane } = this.#options;
    const { registry } = controlPlane;
    const registered = Object.fromEntries(registry.names().map((each) => [each, registry.resolve(each).model.url]));
    return runTask({ name: 'plan', args: [text, name, { archives, registered, workflowName }] }, Infinity);
  }
}
