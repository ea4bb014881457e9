/** Archives of workflows (`.war`), as models of the handler `workflow`. */
import { rm } from 'node:fs/promises';
import type { ArchiveLimits, Manifest } from '@marserve/archiver/format';
import type { extractWorkflow, readWorkflow, Workflow, WorkflowParsers } from '@marserve/archiver/workflow';
import { archiveServeError } from './archive-serve-error.ts';
import { locateArchive, type ArchiveLocations } from './locate-archive.ts';

/** Where they are found, and how far they are believed. */
export interface WorkflowArchivesOptions extends Omit<ArchiveLocations, 'signals' | 'reusesDownload' | 'version'> {
  /** What an archive may hold. */
  readonly limits: Partial<ArchiveLimits>;
}

/** What the manifest of such a model would say. @throws ArchiveError */
export async function readWorkflowModel(
  archive: string,
  options: Parameters<typeof readWorkflow>[1],
): Promise<Manifest> {
  return modelManifest(await (await formatOf()).readWorkflow(archive, options));
}

/** Unpacks one. @param destination an empty directory @throws ArchiveError */
export async function extractWorkflowModel(
  archive: string,
  destination: string,
  options: Parameters<typeof extractWorkflow>[2],
): Promise<Manifest> {
  return modelManifest(await (await formatOf()).extractWorkflow(archive, destination, options));
}

/** Loaded for the first one. */
const formatOf = () => import('@marserve/archiver/workflow');

/** It has the archive's digests. */
function modelManifest({ manifest }: Workflow): Manifest {
  const { workflow, files } = manifest;
  const model = { modelName: workflow.workflowName, modelVersion: '1.0', handler: 'workflow' };
  return { runtime: 'node', model, ...(files !== undefined && { files }) };
}

/** Gives a function that reads manifest and spec. What it fetches is not kept: registering it is another matter. */
export function createWorkflowReader(
  options: WorkflowArchivesOptions,
  parsers: WorkflowParsers,
): (url: string, signal?: AbortSignal) => Promise<Workflow> {
  return async (url, signal) => {
    const signals = signal === undefined ? [] : [signal];
    const { path, isDownloaded, partial } = await locateArchive(url, { ...options, signals });
    try {
      return await (await formatOf()).readWorkflow(path, { ...options.limits, parsers, ...(signal && { signal }) });
    } catch (error) {
      throw archiveServeError(error);
    } finally {
      if (isDownloaded) for (const file of [path, partial ?? path]) await rm(file, { force: true });
    }
  };
}
