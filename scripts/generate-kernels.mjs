/**
 * Assembles the kernels (`*.wat`), and writes each module's bytes as base64 to a TypeScript file beside it.
 *
 *     node scripts/generate-kernels.mjs [--check]
 *
 * `--check` writes nothing and exits 1 when a file is out of date.
 */
import { readFile, writeFile } from 'node:fs/promises';
import wabt from 'wabt';

const SOURCES = new URL('../packages/handlers/src/', import.meta.url);
/** Path of the text without its ending, and name of what is exported. */
const KERNELS = [
  ['vision/resample/kernels', 'KERNELS_MODULE'],
  ['tensor/number-kernel', 'NUMBER_KERNEL_MODULE'],
];

const toolkit = await wabt();
for (const [path, name] of KERNELS) {
  const target = new URL(`${path}-module.ts`, SOURCES);
  const file = `${path.split('/').at(-1)}.wat`;
  const content = moduleText(file, name, await readFile(new URL(`${path}.wat`, SOURCES), 'utf8'));
  if (content === (await readFile(target, 'utf8').catch(() => undefined))) {
    process.stdout.write(`${path}-module.ts is up to date\n`);
  } else if (process.argv.includes('--check')) {
    process.stderr.write(`${path}-module.ts is out of date. Run: npm run kernels\n`);
    process.exitCode = 1;
  } else {
    await writeFile(target, content);
    process.stdout.write(`Wrote ${path}-module.ts\n`);
  }
}

function moduleText(file, name, text) {
  const { buffer } = toolkit.parseWat(file, text, { simd: true }).toBinary({});
  const lines = Buffer.from(buffer)
    .toString('base64')
    .match(/.{1,110}/g);
  return `/** \`${file}\`, assembled by \`npm run kernels\`. */
export const ${name} = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`;
}
