/** What a file of another server, or a graph, becomes here: models to be registered. */
import type { Registration } from '../core/registry/registration.ts';
import type { SpecNote } from './spec.ts';

/** Where a model comes from: an archive, or a built-in handler, whose version is found when it is registered. */
export type PlannedSource = { readonly url: string } | { readonly handler: string };

/** A model that is to be registered. */
export interface PlannedModel extends Pick<Registration, 'config'> {
  /** Name that it is registered under. */
  readonly name: string;
  /** What is registered. */
  readonly source: PlannedSource;
  /** Models that nobody asks any more when it is ready, where they are there. */
  readonly supersedes?: readonly string[];
  /** What of the file it stands for, such as `InferenceService "iris"`. */
  readonly stands: string;
}

/** All of a file. */
export interface DeploymentPlan {
  /** In the order in which they are registered: what a graph asks comes before it. */
  readonly models: readonly PlannedModel[];
  /** What cannot be honoured, and what is taken for something else. */
  readonly notes: readonly SpecNote[];
}

/** What the server knows that files do not say. */
export interface PlanOptions {
  /** Container image, address of a model, or name of a unit → archive. */
  readonly archives: Readonly<Record<string, string>>;
  /** Name of a workflow, whose spec says none; that of the file by default. */
  readonly workflowName?: string | undefined;
  /** What the default versions of models were registered from, by their names. */
  readonly registered: Readonly<Record<string, string>>;
}
