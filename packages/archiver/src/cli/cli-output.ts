/** What the commands print, as text. */
import { relative } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { isWorkflow } from '../format/either-manifest.ts';
import type { Manifest } from '../format/manifest.ts';
import type { Verification } from '../format/verify-files.ts';
import type { GoldenSummary, Inspection } from '../inspect.ts';
import type { PackageResult } from '../package-options.ts';
import { facts, renderTable, type Fact } from './table.ts';
import { renderWorkflow, workflowFacts } from './workflow-output.ts';

/** What was written. */
export function renderResult({ manifest, ...written }: PackageResult): string {
  const { model, runtime } = manifest;
  const what = `${model.modelName} ${model.modelVersion}, handler ${model.handler}, runtime ${runtime}`;
  return renderWritten(written, ['model', what]);
}

/** @param what it is, and what is to be known of it */
export function renderWritten(
  { path, size, files, sha256 }: Omit<PackageResult, 'manifest'>,
  what: readonly [string, string],
): string {
  return facts([['Wrote', shortest(path)], what, ['size', bytes(size)], ['files', String(files)], ['sha256', sha256]]);
}

/** Relative to the working directory, or absolute, whichever is shorter. */
function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.length < path.length ? fromHere : path;
}

/** Manifest, signature, golden requests and files of an archive. */
export function renderInspection(inspection: Inspection): string {
  const { archive, kind, size, manifest, spec, files, golden = [] } = inspection;
  const place = [
    ['archive', archive],
    ['format', kind],
    ['size', bytes(size)],
  ] as const;
  const [rows, table] = isWorkflow(manifest)
    ? [workflowFacts(manifest), spec === undefined ? '' : renderWorkflow(spec)]
    : [modelFacts(manifest), renderSignature(manifest.model.signature)];
  const parts = [facts([...place, ...rows]), table, renderGolden(golden), renderFiles(files)];
  return parts.filter((part) => part !== '').join('\n\n');
}

function modelFacts({ model, ...manifest }: Manifest): readonly Fact[] {
  return [
    ['model', `${model.modelName} ${model.modelVersion}`],
    ['runtime', manifest.runtime],
    ['handler', model.handler],
    ['serialized file', model.serializedFile],
    ['model file', model.modelFile],
    ['config file', model.configFile],
    ['requirements', model.requirementsFile],
    ['predictor', renderPredictor(manifest.predictor)],
    ['created on', manifest.createdOn],
    ['archiver', manifest.archiverVersion],
  ];
}

/** `price@1.0 sha256:…`, as far as it is named. */
function renderPredictor(predictor: Manifest['predictor']): string | undefined {
  if (predictor === undefined) return undefined;
  const { name = '', version, digest = '' } = predictor;
  return `${name}${version === undefined ? '' : `@${version}`} ${digest}`.trim();
}

/** Which files differ. */
export function renderVerification(archive: string, { files, differences }: Verification): string {
  if (differences.length === 0) return `${archive}: ${filesAre(files)} as the manifest says.`;
  const lines = differences.map(({ path, problem }) => `  ${problem.padEnd(8)} ${path}`);
  return [`${archive}: ${filesAre(differences.length)} not as the manifest says:`, ...lines].join('\n');
}

function filesAre(count: number): string {
  return count === 1 ? '1 file is' : `${count} files are`;
}

function renderSignature(signature: Manifest['model']['signature']): string {
  if (signature === undefined) return '';
  const rows = [
    ...signature.inputs.map((spec) => ['input', spec.name, spec.type, `[${spec.shape.join(', ')}]`]),
    ...signature.outputs.map((spec) => ['output', spec.name, spec.type, `[${spec.shape.join(', ')}]`]),
  ];
  return renderTable(['', 'name', 'type', 'shape'], rows);
}

function renderGolden(golden: readonly GoldenSummary[]): string {
  if (golden.length === 0) return '';
  const rows = golden.map(({ name, operation, protocol, expected }) => [
    name,
    protocol === undefined ? operation : `${operation}, ${protocol}`,
    renderExpected(expected),
  ]);
  return renderTable([`golden requests: ${golden.length}`, 'operation', 'expected answer'], rows);
}

function renderExpected(expected: GoldenSummary['expected']): string {
  if (expected === undefined) return 'none: warms up only';
  const { kind, status, tolerance = 0, relativeTolerance } = expected;
  const body = { json: 'JSON', bytes: 'bytes', status: 'any' }[kind];
  const absolute = tolerance === 0 ? '' : `, tolerance ${tolerance}`;
  const precision = relativeTolerance === undefined ? absolute : `${absolute}, relative tolerance ${relativeTolerance}`;
  return `${status === 200 ? '' : `status ${status}, `}${body}${precision}`;
}

function renderFiles(files: Inspection['files']): string {
  return renderTable(
    ['file', 'size', 'sha256'],
    files.map(({ path, size, sha256 }) => [path, prettyBytes(size), sha256 ?? '']),
  );
}

function bytes(size: number): string {
  return `${prettyBytes(size)} (${size} bytes)`;
}
