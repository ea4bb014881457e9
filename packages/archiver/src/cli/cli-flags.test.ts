import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { GRAPH_FLAGS, PACKAGE_FLAGS, WORKFLOW_FLAGS } from './cli-flags.ts';
import { ARCHIVE_FORMATS } from '../format/archive-formats.ts';
import { MAX_ZIP_FILES, MAX_ZIP_FILE_BYTES, MAX_ZIP_TOTAL_BYTES } from '../format/write-zip.ts';
import { DEFAULT_LIMITS } from '../format/read-budget.ts';

const page = await readFile(new URL('../../../../docs/archiver.md', import.meta.url), 'utf8');
const grouped = (value: number): string => value.toLocaleString('en').replaceAll(',', ' ');

it.each([
  ['Flags', PACKAGE_FLAGS],
  ['Graphs', GRAPH_FLAGS],
  ['Workflows', WORKFLOW_FLAGS],
])('every flag is a row of the page, with its short form: %s', (title, known) => {
  const start = page.indexOf(`\n## ${title}\n`);
  const section = page.slice(start, page.indexOf('\n## ', start + 1));
  const rows = section.split('\n').flatMap((line) => /^\| ((?:`-\w`, )?`--[\w-]+)/.exec(line)?.[1] ?? []);
  const flags = Object.entries(known).map(
    ([name, flag]) => ('alias' in flag ? `\`-${flag.alias}\`, ` : '') + `\`--${name}`,
  );
  expect(rows.sort()).toEqual([...flags, '`-h`, `--help'].sort());
});

it('the page knows every format and limit', () => {
  for (const format of ARCHIVE_FORMATS) expect(page).toMatch(new RegExp(`^\\| \`${format}\` +\\|`, 'm'));
  for (const limit of [MAX_ZIP_FILE_BYTES, MAX_ZIP_TOTAL_BYTES, MAX_ZIP_FILES]) expect(page).toContain(grouped(limit));
  expect(page.replaceAll('\n', ' ')).toContain(
    `more than ${grouped(DEFAULT_LIMITS.maxEntries)} entries, more than 64 GiB`,
  );
  expect(page).toContain(`more than ${DEFAULT_LIMITS.maxRatio} times the archive's own size`);
});
