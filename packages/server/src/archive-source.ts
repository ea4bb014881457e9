/** Where archives come from, as the configuration says. */
import { linkRuntimePackages } from '@marserve/archiver/runtime-packages';
import type { ServerConfig } from './config/schema.ts';
import type { ModelSource } from './core/registry/model-source.ts';
import { createModelStore } from './storage/model-store.ts';
import type { WorkDirectory } from './storage/work-directory.ts';
import { createArchiveReaders } from './threads/archive-readers.ts';
import type { RunTask } from './threads/task-thread.ts';

/** @param runTask reads what strangers wrote */
export function createArchiveSource(config: ServerConfig, workDirectory: WorkDirectory, runTask: RunTask): ModelSource {
  return createModelStore({
    directory: config.modelStore,
    modelPath: config.modelPath,
    handler: config.handler,
    allowedUrls: config.allowedUrls,
    maxBytes: config.archiveMaxTotalSize,
    downloadTimeoutMs: config.downloadTimeout * 1000,
    unpackDirectory: workDirectory.models,
    ensureDirectory: () => workDirectory.ensure(),
    limits: {
      maxEntries: config.archiveMaxEntries,
      maxTotalBytes: config.archiveMaxTotalSize,
      maxRatio: config.archiveMaxRatio,
    },
    verifiesDigests: config.verifyArchives,
    linkPackages: linkRuntimePackages,
    ...createArchiveReaders(runTask),
  });
}
