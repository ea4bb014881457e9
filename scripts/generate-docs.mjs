/**
 * Writes the pages of docs/ that say what the code says.
 *
 *     node scripts/generate-docs.mjs [--check]
 *
 * `--check` writes nothing and exits 1 when a page is out of date. The packages must be compiled.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { configPage } from './docs/config-page.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** File → its content. */
const PAGES = {
  'docs/config.md': configPage,
};

const isCheck = process.argv.includes('--check');
const outdated = [];
for (const [name, render] of Object.entries(PAGES)) {
  const file = path.join(ROOT, name);
  const content = await format(render(), { ...(await resolveConfig(file)), filepath: file });
  if (content === (await readFile(file, 'utf8').catch(() => undefined))) continue;
  outdated.push(name);
  if (!isCheck) await writeFile(file, content);
}
if (isCheck && outdated.length > 0) {
  process.stderr.write(`Out of date: ${outdated.join(', ')}. Run: npm run docs\n`);
  process.exitCode = 1;
} else if (outdated.length > 0) {
  process.stdout.write(`Wrote ${outdated.join(', ')}\n`);
}
