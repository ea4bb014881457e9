/** What a workflow archive says about itself, and how it is parsed. */
import { ArchiveError, messageOf } from '../format/archive-error.ts';
import { workflowManifestIn, type WorkflowManifestParser } from '../format/workflow-manifest.ts';
import { readWorkflowSpec } from './read-workflow-spec.ts';
import type { WorkflowSpec } from './workflow-spec.ts';

/** As `MetaParsers`: in another thread, for those whose own must not be held up. Each is given a file's bytes, and what errors call the archive. @throws ArchiveError */
export interface WorkflowParsers extends WorkflowManifestParser {
  /** @param path of the spec in the archive */
  spec(bytes: Uint8Array, archive: string, path: string): WorkflowSpec | Promise<WorkflowSpec>;
}

/** Parses on the calling thread. */
export const workflowParsers = {
  manifest: workflowManifestIn,
  spec: (bytes, archive, path): WorkflowSpec => {
    try {
      return readWorkflowSpec(Buffer.from(bytes).toString('utf8'), path);
    } catch (error) {
      throw new ArchiveError('invalid_workflow', `${archive}: ${messageOf(error)}`, { cause: error });
    }
  },
} satisfies WorkflowParsers;
