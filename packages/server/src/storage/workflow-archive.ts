/** Archives of workflows (`.war`), as models of the handler `workflow`. */
import { rm } from 'node:fs/promises';
import type { ArchiveLimits, Manifest } from '@marserve/archiver/format';
import type { Workflow } from '@marserve/archiver/workflow';
import type { RunTask } from '../threads/task-thread.ts';
import { archiveServeError } from './archive-serve-error.ts';
import { locateArchive, type ArchiveLocations } from './locate-archive.ts';

/** Where they are found, and how far they are believed. */
export interface WorkflowArchivesOptions extends Omit<ArchiveLocations, 'signals' | 'reusesDownload' | 'version'> {
  /** What an archive may hold. */
  readonly limits: Partial<ArchiveLimits>;
}

/** What the manifest of such a model would say; it has the archive's digests. */
export function workflowModelManifest({ manifest }: Workflow): Manifest {
  const { workflow, files } = manifest;
  const model = { modelName: workflow.workflowName, modelVersion: '1.0', handler: 'workflow' };
  return { runtime: 'node', model, ...(files !== undefined && { files }) };
}

/**
 * Gives a function that reads manifest and spec. What it fetches is not kept: registering it is another matter.
 * @param run in a thread: strangers wrote them
 */
export function createWorkflowReader(
  options: WorkflowArchivesOptions,
  run: RunTask,
): (url: string, signal?: AbortSignal) => Promise<Workflow> {
  return async (url, signal) => {
    const signals = signal === undefined ? [] : [signal];
    const { path, isDownloaded, partial } = await locateArchive(url, { ...options, signals });
    try {
      return await run({ name: 'workflow', args: [path, options.limits] }, Infinity);
    } catch (error) {
      throw archiveServeError(error);
    } finally {
      if (isDownloaded) for (const file of [path, partial ?? path]) await rm(file, { force: true });
    }
  };
}
