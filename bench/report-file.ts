/** The files of a run: its results as JSON, one file a scenario and one for all, and the picture. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Machine } from './machine.ts';
import type { ScenarioResult } from './result.ts';
import { drawReport } from './report/draw-report.ts';
import type { Timing } from './timing.ts';

export interface Report {
  readonly machine: Machine;
  readonly timing: Timing;
  /** What the two are called that were measured in turn. */
  readonly sides: SideNames;
  readonly results: readonly ScenarioResult[];
  readonly failures: readonly Failure[];
}

/** `limit` and `marserve`, or two revisions. */
export interface SideNames {
  readonly limit: string;
  readonly marserve: string;
}

/** A scenario that could not be measured. */
export interface Failure {
  readonly name: string;
  readonly message: string;
}

/** Names of the files without their ending, by what was run. */
export interface ReportNames {
  readonly json: string;
  readonly svg: string;
}

/** Of a run of everything, in full length; this one is kept in git. */
export const COMPLETE: ReportNames = { json: 'latest', svg: 'report' };
/** Of any other run. */
export const PARTIAL: ReportNames = { json: 'partial', svg: 'partial' };
/** Of two revisions. */
export const COMPARISON: ReportNames = { json: 'compare', svg: 'compare' };

/** Resolves with the paths of the two files that hold everything. */
export async function writeReport(folder: string, names: ReportNames, report: Report): Promise<string[]> {
  const { results, failures: _, ...about } = report;
  for (const result of results) await write(folder, `${result.name}.json`, toJson({ ...about, ...result }));
  return [
    await write(folder, `${names.json}.json`, toJson(report)),
    await write(folder, `${names.svg}.svg`, drawReport(report)),
  ];
}

/** Resolves with its path. */
export async function write(folder: string, name: string, content: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, name);
  await writeFile(file, content);
  return file;
}

/** Five digits of each number are more than any of them is worth. */
export function toJson(value: object): string {
  const rounded = (_: string, item: unknown) => (typeof item === 'number' ? Number(item.toPrecision(5)) : item);
  return `${JSON.stringify(value, rounded, 2)}\n`;
}
