/** What can take long on what strangers wrote, so that it is done in a thread of its own. */
import { metaParsers } from '@marserve/archiver/format';
import type { WorkflowParsers } from '@marserve/archiver/workflow';
import { findExternalData } from '@marserve/handlers/external-data';
import type { parseModelConfig } from '../config/model-config.ts';
import type { ModelNeed } from '../core/registry/model-needs.ts';
import type { makePlan } from '../deployment/make-plan.ts';
import { goldenMismatch } from '../core/golden/golden-answer.ts';

/** Name → function of data that can be handed from thread to thread, and back. */
export const TASKS = {
  manifest: metaParsers.manifest,
  golden: metaParsers.golden,
  /** The rules of its keys are made for the first one. */
  modelConfig: async (...args: Parameters<typeof parseModelConfig>) =>
    (await import('../config/model-config.ts')).parseModelConfig(...args),
  modelNeeds: needsOf,
  goldenMismatch,
  externalData: findExternalData,
  /** What reads workflows is loaded for the first one. */
  workflowManifest: async (...args: Parameters<WorkflowParsers['manifest']>) =>
    (await import('@marserve/archiver/workflow')).workflowParsers.manifest(...args),
  workflowSpec: async (...args: Parameters<WorkflowParsers['spec']>) =>
    (await import('@marserve/archiver/workflow')).workflowParsers.spec(...args),
  /** Its library of YAML is loaded by the first. */
  plan: async (...args: Parameters<typeof makePlan>) => (await import('../deployment/make-plan.ts')).makePlan(...args),
};

/** What reads graphs is loaded for the first one. @param json the model's YAML file */
async function needsOf(handler: string, json: string): Promise<ModelNeed[]> {
  const { modelNeeds } = await import('@marserve/handlers/model-needs');
  return modelNeeds(handler, JSON.parse(json) as Readonly<Record<string, unknown>>);
}

/** The functions, by the names that the thread knows them by. */
export type Tasks = typeof TASKS;
/** One of them. */
export type TaskName = keyof Tasks;

type TaskFunctions = { readonly [K in TaskName]: (...args: Parameters<Tasks[K]>) => ReturnType<Tasks[K]> };

/** One call. */
export interface TaskCall<K extends TaskName = TaskName> {
  /** Which function is called. */
  readonly name: K;
  /** What it is given; copied to the thread, so that it must be plain data. */
  readonly args: Parameters<Tasks[K]>;
}

/** What the thread says in the end. */
export type TaskEnd =
  | { readonly ok: true; readonly value: unknown }
  /** `archiveCode`: that of an ArchiveError. */
  | { readonly ok: false; readonly message: string; readonly archiveCode?: string };

/** Calls the function on this thread. */
export function callTask<K extends TaskName>({ name, args }: TaskCall<K>): ReturnType<Tasks[K]> {
  const tasks: TaskFunctions = TASKS;
  return tasks[name](...args);
}
