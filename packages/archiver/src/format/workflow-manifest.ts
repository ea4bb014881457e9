/**
 * The single definition of `WAR-INF/MANIFEST.json`, which makes an archive (`.war`) one of a workflow: TorchServe's fields, plus
 * `files`. Fields that are unknown here are kept.
 */
import type { Readable } from 'node:stream';
import * as z from 'zod';
import { archivePath, fileDigests, modelNameProblem, named } from './manifest.ts';
import { type MetaFile, parseMetaFile, readMetaFile } from './meta-file.ts';

/** Where the manifest lies inside an archive. */
export const WORKFLOW_MANIFEST_PATH = 'WAR-INF/MANIFEST.json';

const workflow = z.looseObject({
  workflowName: named(modelNameProblem),
  /** YAML: its models and how they are joined. */
  specFile: archivePath,
  /** File with the functions that the spec names; undefined where it names none. */
  handler: archivePath.optional(),
});

const schema = z.looseObject({
  createdOn: z.string().optional(),
  workflow,
  archiverVersion: z.string().optional(),
  files: fileDigests.optional(),
});

/** A validated manifest of a workflow. */
export type WorkflowManifest = z.infer<typeof schema>;

const MANIFEST: MetaFile<WorkflowManifest> = {
  path: WORKFLOW_MANIFEST_PATH,
  maxBytes: 3 * 2 ** 20,
  maxValues: 50_000,
  schema,
  code: 'invalid_manifest',
};

/** Parses the file, given its bytes; on the calling thread or in another. */
export interface WorkflowManifestParser {
  /** @throws ArchiveError `invalid_manifest`, with the fields that are wrong */
  manifest(bytes: Uint8Array, archive: string): WorkflowManifest | Promise<WorkflowManifest>;
}

/**
 * @param archive what errors call it
 * @param parser by default on the calling thread
 * @throws ArchiveError `invalid_manifest`, with the fields that are wrong
 */
export async function parseWorkflowManifest(
  content: Readable,
  archive: string,
  parser: WorkflowManifestParser = { manifest: workflowManifestIn },
): Promise<WorkflowManifest> {
  return parser.manifest(await readMetaFile(MANIFEST, content, archive), archive);
}

/** Of the file's bytes, on the calling thread. @throws ArchiveError as `parseWorkflowManifest` */
export function workflowManifestIn(bytes: Uint8Array, archive: string): WorkflowManifest {
  return parseMetaFile(MANIFEST, bytes, archive);
}
