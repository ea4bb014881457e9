import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { METRICS } from './metric-table.ts';

const DOCS = readFileSync(new URL('../../../../../docs/metrics.md', import.meta.url), 'utf8');

/** Rows `| name | kind | unit | labels | … |` of the documentation's tables. */
function documentedRows(): string[] {
  const rows = DOCS.matchAll(/^\| `(\w+)` +\| (counter|gauge|histogram) +\| ([^|]+?) +\| ([^|]*?) +\|/gm);
  return [...rows].map(([, name, kind, unit, labels]) => `${name}: ${kind} in ${unit} by ${labels}`).sort();
}

function definedRows(): string[] {
  const rows = Object.entries(METRICS).map(([name, { kind, unit, labels }]) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ');
    return `${name}: ${kind} in ${unit} by ${shown}`;
  });
  return rows.sort();
}

describe('docs/metrics.md', () => {
  it('lists every metric of the server with its kind, unit and labels, and no other', () => {
    expect(documentedRows()).toEqual(definedRows());
  });

  it('names no metric that does not exist', () => {
    const named = [...DOCS.matchAll(/\b(?:marserve|ts)_\w+/g)].map(([name]) =>
      name.replace(/_(bucket|sum|count)$/, ''),
    );
    expect(named.filter((name) => !Object.hasOwn(METRICS, name))).toEqual([]);
  });
});
