/** The manifest of an archive, whether that is of a model or of a workflow. */
import type { Readable } from 'node:stream';
import { MANIFEST_PATH, type Manifest } from './manifest.ts';
import { parseManifest } from './read-manifest.ts';
import { parseWorkflowManifest, WORKFLOW_MANIFEST_PATH, type WorkflowManifest } from './workflow-manifest.ts';

/** Of a model or of a workflow. */
export type EitherManifest = Manifest | WorkflowManifest;

/** Whether a manifest lies there. */
export function isManifestPath(path: string): boolean {
  return path === MANIFEST_PATH || path === WORKFLOW_MANIFEST_PATH;
}

/** Whether it is that of a workflow. */
export function isWorkflow(manifest: EitherManifest): manifest is WorkflowManifest {
  return Object.hasOwn(manifest, 'workflow') && !Object.hasOwn(manifest, 'model');
}

/** @param path where it lies @throws ArchiveError `invalid_manifest`, with the fields that are wrong */
export function parseEitherManifest(path: string, content: Readable, archive: string): Promise<EitherManifest> {
  return path === MANIFEST_PATH ? parseManifest(content, archive) : parseWorkflowManifest(content, archive);
}
