/** The results for the terminal: a table, and below it what was found wrong. */
import Table from 'cli-table3';
import type { ChaosResult } from './scenario.ts';

export interface NamedResult extends ChaosResult {
  readonly name: string;
  readonly seconds: number;
}

const COUNTS = ['requests', 'ok', 'refused', 'failed', 'lost', 'wrong'] as const;
const HEADINGS = ['scenario', 'what was thrown', 'requests', 'right', 'refused', 'failed', 'lost', 'wrong', 'verdict'];
const THROWN_WIDTH = 48;

export function renderTable(results: readonly NamedResult[]): string {
  const table = new Table({
    head: HEADINGS,
    colWidths: [null, THROWN_WIDTH],
    colAligns: ['left', 'left', ...COUNTS.map(() => 'right' as const), 'left'],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const result of results) table.push(row(result));
  return [table.toString(), ...results.flatMap(problemsOf)].join('\n');
}

function row({ name, thrown, verdict, ...result }: NamedResult): string[] {
  const counts = COUNTS.map((count) => result[count].toLocaleString('en'));
  return [name, thrown, ...counts, verdict === 'failed' ? 'FAILED' : verdict];
}

function problemsOf({ name, problems }: NamedResult): string[] {
  return problems.length === 0 ? [] : [`\n${name}:`, ...problems.map((problem) => `- ${problem}`)];
}
