/** Reads workflow archives (`.war`): with or without unpacking them. */
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { archiveEntries } from '../format/archive-entries.ts';
import { ArchiveError } from '../format/archive-error.ts';
import { assertDigests } from '../format/assert-digests.ts';
import { entryPath } from '../format/entry-path.ts';
import { MANIFEST_PATH } from '../format/manifest.ts';
import { readMetaFile } from '../format/meta-file.ts';
import type { ReadOptions } from '../format/read-budget.ts';
import { unpackFiles, type UnpackOptions } from '../format/unpack-files.ts';
import { parseWorkflowManifest, WORKFLOW_MANIFEST_PATH, type WorkflowManifest } from '../format/workflow-manifest.ts';
import { handlerProblem } from './handler-problem.ts';
import { workflowParsers, type WorkflowParsers } from './workflow-parsers.ts';
import type { WorkflowSpec } from './workflow-spec.ts';

/** What a workflow archive holds. */
export interface Workflow {
  /** Checked. */
  readonly manifest: WorkflowManifest;
  /** Checked. */
  readonly spec: WorkflowSpec;
}

interface Parsing {
  /** Parse what it says about itself; by default on the calling thread. */
  readonly parsers?: WorkflowParsers;
}

/** A longer spec is refused. */
export const MOST_SPEC_BYTES = 2 ** 20;

/**
 * Manifest and spec, without unpacking the rest. Whether there is a handler is not looked at: see `handlerProblem`.
 * @throws ArchiveError
 */
export async function readWorkflow(archive: string, options: ReadOptions & Parsing = {}): Promise<Workflow> {
  const { parsers = workflowParsers } = options;
  // The manifest may be the last file.
  const readManifest = (content: Readable) => parseWorkflowManifest(content, archive, parsers);
  const manifest = await readOf(archive, WORKFLOW_MANIFEST_PATH, { options, read: readManifest });
  const { specFile } = manifest.workflow;
  const readSpec = (content: Readable) => parseSpec(content, { archive, path: specFile, parsers });
  return { manifest, spec: await readOf(archive, specFile, { options, read: readSpec }) };
}

/**
 * Unpacks a workflow archive by streaming, within limits, as `extractArchive` does.
 * @param destination an empty directory that the caller made, and removes when this throws
 * @returns its parts; where the spec has functions, the handler is there, and a module that can be imported
 * @throws ArchiveError
 */
export async function extractWorkflow(
  archive: string,
  destination: string,
  options: UnpackOptions & Parsing = {},
): Promise<Workflow> {
  const { parsers = workflowParsers } = options;
  const digests = await unpackFiles(archive, destination, options);
  const placeOf = (file: string): string => {
    const path = entryPath(file, archive);
    if (!digests.has(path)) throw missingFile(archive, file, digests);
    return join(destination, path);
  };
  const manifest = await parseWorkflowManifest(createReadStream(placeOf(WORKFLOW_MANIFEST_PATH)), archive, parsers);
  if (options.verifies === true) assertDigests({ ...manifest, path: WORKFLOW_MANIFEST_PATH }, digests, archive);
  const { specFile, handler } = manifest.workflow;
  const spec = await parseSpec(createReadStream(placeOf(specFile)), { archive, path: specFile, parsers });
  const problem = handlerProblem(spec, handler);
  if (problem !== undefined) throw new ArchiveError('invalid_workflow', `${archive}: ${problem}`);
  if (handler !== undefined) placeOf(handler);
  return { manifest, spec };
}

interface Reading<T> {
  readonly options: ReadOptions;
  readonly read: (content: Readable) => Promise<T>;
}

async function readOf<T>(archive: string, file: string, { options, read }: Reading<T>): Promise<T> {
  const path = entryPath(file, archive);
  const others = new Set<string>();
  for await (const entry of archiveEntries(archive, options)) {
    // Awaited here: leaving the loop ends the archive's stream.
    if (entry.path === path) return await read(await entry.open());
    others.add(entry.path);
  }
  throw missingFile(archive, file, others);
}

interface SpecPlace extends Required<Parsing> {
  readonly archive: string;
  /** In the archive. */
  readonly path: string;
}

async function parseSpec(content: Readable, { archive, path, parsers }: SpecPlace): Promise<WorkflowSpec> {
  const bytes = await readMetaFile({ path, maxBytes: MOST_SPEC_BYTES, code: 'invalid_workflow' }, content, archive);
  return parsers.spec(bytes, archive, path);
}

function missingFile(archive: string, file: string, others: { has(path: string): boolean }): ArchiveError {
  if (file !== WORKFLOW_MANIFEST_PATH) {
    const problem = `${archive}: ${WORKFLOW_MANIFEST_PATH} names the file ${JSON.stringify(file)}, which is not in the archive.`;
    return new ArchiveError('invalid_manifest', problem);
  }
  const hint = others.has(MANIFEST_PATH)
    ? `it is a model (it has ${MANIFEST_PATH}), which is registered by POST /models`
    : 'make the archive with model-archiver workflow';
  return new ArchiveError('no_manifest', `${archive} has no ${WORKFLOW_MANIFEST_PATH}; ${hint}.`);
}
