/** Looks into an archive. */
import { totalOf } from './output/archive-size.ts';
import { type ArchiveKind, archiveEntries, archiveKind } from './format/archive-entries.ts';
import { GOLDEN_PATH, type GoldenRequest } from './format/golden.ts';
import { isManifestPath, isWorkflow, parseEitherManifest, type EitherManifest } from './format/either-manifest.ts';
import { parseGolden } from './format/read-golden.ts';
import { missingManifest } from './format/read-manifest.ts';
import type { ReadOptions } from './format/read-budget.ts';
import { readWorkflow } from './workflow/read-workflow.ts';
import type { WorkflowSpec } from './workflow/workflow-spec.ts';

/** What an archive holds. */
export interface Inspection {
  /** The path, as it was given. */
  readonly archive: string;
  /** Told by the first bytes, not by the name. */
  readonly kind: ArchiveKind;
  /** Bytes of the archive; of all its files together when it is a directory. */
  readonly size: number;
  /** Checked; of a model, or of a workflow. */
  readonly manifest: EitherManifest;
  /** Of a workflow: its nodes. */
  readonly spec?: WorkflowSpec;
  /** Every file, the manifest included, sorted by path; `sha256` where the manifest has it. */
  readonly files: readonly { readonly path: string; readonly size: number; readonly sha256?: string }[];
  /** The golden requests, without their contents; undefined when it has none. */
  readonly golden?: readonly GoldenSummary[];
}

/** A golden request in short. */
export interface GoldenSummary {
  /** Of the request, for messages. */
  readonly name: string;
  /** What it asks for. */
  readonly operation: GoldenRequest['operation'];
  /** That it is written in; undefined for TorchServe's. */
  readonly protocol?: string;
  /** How its answer is compared; undefined when it only warms the model up. */
  readonly expected?: {
    readonly kind: 'json' | 'bytes' | 'status';
    readonly status: number;
    readonly tolerance?: number;
    readonly relativeTolerance?: number;
  };
}

/** @throws ArchiveError */
export async function inspect(archive: string, options: ReadOptions = {}): Promise<Inspection> {
  const { kind, size } = await archiveKind(archive);
  const sizes = new Map<string, number>();
  let manifest: EitherManifest | undefined;
  let golden: readonly GoldenSummary[] | undefined;
  for await (const entry of archiveEntries(archive, options)) {
    sizes.set(entry.path, entry.size);
    if (isManifestPath(entry.path)) manifest = await parseEitherManifest(entry.path, await entry.open(), archive);
    if (entry.path === GOLDEN_PATH) golden = (await parseGolden(await entry.open(), archive)).map(summaryOf);
  }
  if (manifest === undefined) throw missingManifest(archive, sizes);
  const digests = manifest.files ?? {};
  const files = [...sizes].map(([path, bytes]) => ({ path, size: bytes, sha256: digests[path]?.sha256 }));
  return {
    archive,
    kind,
    size: kind === 'directory' ? totalOf(files) : size,
    manifest,
    ...(isWorkflow(manifest) && { spec: (await readWorkflow(archive, options)).spec }),
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    golden,
  };
}

function summaryOf({ name, operation, protocol, expected }: GoldenRequest): GoldenSummary {
  const head = { name, operation, ...(protocol !== undefined && { protocol }) };
  if (expected === undefined) return head;
  const { kind, status } = expected;
  if (kind !== 'json') return { ...head, expected: { kind, status } };
  const { tolerance, relativeTolerance } = expected;
  return {
    ...head,
    expected: { kind, status, tolerance, ...(relativeTolerance !== undefined && { relativeTolerance }) },
  };
}
