import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { renderInspection } from '../cli/cli-output.ts';
import { MAX_GOLDEN_BYTES, MAX_GOLDEN_REQUESTS } from '../format/golden.ts';
import { goldenFileSchema } from './golden-source.ts';
import { inspect } from '../inspect.ts';
import { packageModel } from '../package-model.ts';
import { QUICK, createProject } from '../test-support/project.ts';

const page = await readFile(new URL('../../../../docs/archiver.md', import.meta.url), 'utf8');
const start = page.indexOf('\n## Golden requests');
const section = page.slice(start, page.indexOf('\n## ', start + 1));

function block(language: string): string {
  return new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(section)?.[1] ?? '';
}

it('the golden file of the page is packed, and inspect prints what the page shows', async () => {
  const files = { 'golden.json': block('json'), 'seven.png': 'PNG', 'three-neighbours.json': '[7, 7, 7]' };
  const { at, options } = await createProject(files);
  const { path } = await packageModel(options({ ...QUICK, golden: at('golden.json') }));
  expect(renderInspection(await inspect(path))).toContain(`\n\n${block('text')}\n`);
});

it('the page knows every key of a golden file', () => {
  const { request, expect: optional, ...general } = goldenFileSchema.element.shape;
  const [ofRequest, ofAnswer] = [request.shape, optional.unwrap().shape].map((shape) => Object.keys(shape));
  const contents = ofAnswer?.filter((key) => ofRequest?.includes(key)) ?? [];
  const own = (name: string, keys: string[] = []) =>
    keys.filter((key) => !contents.includes(key)).map((key) => `${name}.${key}`);
  const shown = [...section.matchAll(/^\| (?:… )?(`.+?`) +\|/gm)].flatMap(([, keys = '']) => keys.split(', '));
  const known = [...Object.keys(general), 'request', 'expect', ...contents];
  expect(shown.sort()).toEqual(
    [...known, ...own('request', ofRequest), ...own('expect', ofAnswer)].map((key) => `\`${key}\``).sort(),
  );
});

it('the page knows the limits', () => {
  const bytes = MAX_GOLDEN_BYTES.toLocaleString('en').replaceAll(',', ' ');
  expect(section).toContain(`at most ${MAX_GOLDEN_REQUESTS} requests and ${bytes} bytes (8 MiB)`);
});

it('the golden file of examples/digit-search is packed', async () => {
  const { options } = await createProject();
  const golden = new URL('../../../../examples/digit-search/golden.json', import.meta.url).pathname;
  const { path } = await packageModel(options({ ...QUICK, golden }));
  expect((await inspect(path)).golden?.map(({ name }) => name)).toEqual([
    'a seven',
    'a six',
    'a three, as a field of a form',
  ]);
});
