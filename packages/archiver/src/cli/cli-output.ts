/** What the commands print, as text. */
import { relative } from 'node:path';
import Table from 'cli-table3';
import prettyBytes from 'pretty-bytes';
import type { Verification } from '../format/verify-files.ts';
import type { GoldenSummary, Inspection } from '../inspect.ts';
import type { PackageResult } from '../package-options.ts';

/** What was written. */
export function renderResult({ path, size, files, sha256, manifest }: PackageResult): string {
  const { model, runtime } = manifest;
  return facts([
    ['Wrote', shortest(path)],
    ['model', `${model.modelName} ${model.modelVersion}, handler ${model.handler}, runtime ${runtime}`],
    ['size', bytes(size)],
    ['files', String(files)],
    ['sha256', sha256],
  ]);
}

/** Relative to the working directory, or absolute, whichever is shorter. */
function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.length < path.length ? fromHere : path;
}

/** Manifest, signature, golden requests and files of an archive. */
export function renderInspection({ archive, kind, size, manifest, files, golden = [] }: Inspection): string {
  const { model } = manifest;
  const head = facts([
    ['archive', archive],
    ['format', kind],
    ['size', bytes(size)],
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
  ]);
  const parts = [head, renderSignature(model.signature), renderGolden(golden), renderFiles(files)];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** `price@1.0 sha256:…`, as far as it is named. */
function renderPredictor(predictor: Inspection['manifest']['predictor']): string | undefined {
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

function renderSignature(signature: Inspection['manifest']['model']['signature']): string {
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

/** A table, whose cells cannot steer a terminal. */
export function renderTable(head: string[], rows: string[][]): string {
  const grid = new Table({ head, style: { head: [], border: [], compact: true } });
  grid.push(...rows.map((row) => row.map(printable)));
  return grid.toString();
}

function facts(rows: readonly (readonly [string, string | undefined])[]): string {
  const known = rows.filter(([, value]) => value !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${printable(value ?? '')}`).join('\n');
}

function bytes(size: number): string {
  return `${prettyBytes(size)} (${size} bytes)`;
}

/** An archive may come from anywhere: its texts must not steer the terminal. */
function printable(value: string): string {
  return value.replaceAll(/\p{Cc}/gu, '?');
}
