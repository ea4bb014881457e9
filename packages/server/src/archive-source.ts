/** Where archives come from, as the configuration says. */
import { linkRuntimePackages } from '@marserve/archiver/runtime-packages';
import type { ServerConfig } from './config/schema.ts';
import type { ModelSource } from './core/registry/model-source.ts';
import { isWorkflowArchive } from './deployment/workflows/is-workflow-archive.ts';
import type { ReadWorkflow } from './deployment/workflows/read-workflow.ts';
import { createModelStore } from './storage/model-store.ts';
import type { WorkDirectory } from './storage/work-directory.ts';
import { createWorkflowReader, type WorkflowArchivesOptions } from './storage/workflow-archive.ts';
import { createArchiveReaders } from './threads/archive-readers.ts';
import type { RunTask } from './threads/task-thread.ts';

/** @param runTask reads what strangers wrote */
export function createArchiveSource(config: ServerConfig, workDirectory: WorkDirectory, runTask: RunTask): ModelSource {
  return createModelStore({
    ...locationsOf(config),
    workflowDirectory: workflowDirectoryOf(config),
    unpackDirectory: workDirectory.models,
    ensureDirectory: () => workDirectory.ensure(),
    verifiesDigests: config.verifyArchives,
    linkPackages: linkRuntimePackages,
    ...createArchiveReaders(runTask),
  });
}

/** For those of workflows, before they are registered. */
export function createWorkflowSource(config: ServerConfig, runTask: RunTask): ReadWorkflow {
  const { workflowParsers } = createArchiveReaders(runTask);
  return createWorkflowReader({ ...locationsOf(config), directory: workflowDirectoryOf(config) }, workflowParsers);
}

function workflowDirectoryOf({ workflowStore, modelStore }: ServerConfig): string {
  return workflowStore ?? modelStore;
}

function locationsOf(config: ServerConfig): WorkflowArchivesOptions {
  return {
    directory: config.modelStore,
    modelPath: config.modelPath,
    named: config.apply?.filter(isWorkflowArchive),
    handler: config.handler,
    allowedUrls: config.allowedUrls,
    maxBytes: config.archiveMaxTotalSize,
    downloadTimeoutMs: config.downloadTimeout * 1000,
    limits: {
      maxEntries: config.archiveMaxEntries,
      maxTotalBytes: config.archiveMaxTotalSize,
      maxRatio: config.archiveMaxRatio,
    },
  };
}
