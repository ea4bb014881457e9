/** The comparison as tables: for the terminal, and as Markdown for the docs. */
import { formatBytes, formatNumber } from '../format.ts';
import type { Summaries } from '../result.ts';
import type { Metric } from '../sample.ts';
import { render } from '../table.ts';
import { CONNECTIONS } from './turn.ts';
import type { ModelInfo, PeerReport } from './report.ts';

export interface Cells {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One for each model, and one for the servers. */
export function tablesOf({ models, rows }: Pick<PeerReport, 'models' | 'rows'>): Cells[] {
  const ofServers = {
    head: [`with ${models.map(({ name }) => name).join(', ')}`, 'memory, MB', 'start to first answers, s'],
    rows: rows.map(({ label, server }) => [label, cell(server, 'memory'), cell(server, 'time', 1e-3)]),
  };
  return [...models.map((model) => tableOfModel(model, rows)), ofServers];
}

function tableOfModel({ name, bodyBytes }: ModelInfo, rows: PeerReport['rows']): Cells {
  const { busy, lone } = CONNECTIONS;
  return {
    head: [
      `${name}, ${formatBytes(bodyBytes)}`,
      `${busy} connections: requests/s`,
      'p50, ms',
      'p99, ms',
      'processor, µs a request',
      `${lone} connection: p50, ms`,
      'p99, ms',
      'processor, µs a request',
    ],
    rows: rows.map(({ label, models }) => {
      const loads = models[name];
      return [
        label,
        cell(loads?.busy, 'throughput'),
        ...(['p50', 'p99', 'processorTime'] as const).map((metric) => cell(loads?.busy, metric)),
        ...(['p50', 'p99', 'processorTime'] as const).map((metric) => cell(loads?.lone, metric)),
      ];
    }),
  };
}

function cell(summaries: Summaries | undefined, metric: Metric, factor = 1): string {
  const median = summaries?.[metric]?.median;
  return median === undefined ? '–' : formatNumber(median * factor);
}

/** For the terminal, with what was left out. */
export function renderPeers(report: PeerReport): string {
  const tables = tablesOf(report).map(({ head, rows }) => render(head.map(inLines), rows));
  const left = report.leftOut.map(({ name, reason }) => `Left out: ${name}: ${reason}`);
  return [...tables, ...left].join('\n');
}

/** Wide heads would make a table wider than a terminal. */
function inLines(head: string): string {
  return head.replaceAll(/[:,] /g, (separator) => `${separator.trim()}\n`);
}

/** Tables, settings, versions and what was left out. */
export function renderMarkdown(report: PeerReport): string {
  const settings = {
    head: ['server', 'settings', 'versions'],
    rows: report.rows.map(({ label, settings: set, versions }) => [label, set, versionsOf(versions)]),
  };
  const left = report.leftOut.map(({ name, reason }) => `- Left out: ${name}: ${reason.split('\n')[0]}`);
  return `${[...tablesOf(report), settings].map(markdownTable).join('\n')}\n${left.join('\n')}\n`;
}

function versionsOf(versions: Readonly<Record<string, string>>): string {
  return Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}

function markdownTable({ head, rows }: Cells): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}
