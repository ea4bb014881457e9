/**
 * Assembles packages/handlers/src/vision/resample/kernels.wat, and writes the module's bytes as base64 to kernels-module.ts.
 *
 *     node scripts/generate-kernels.mjs [--check]
 *
 * `--check` writes nothing and exits 1 when the file is out of date.
 */
import { readFile, writeFile } from 'node:fs/promises';
import wabt from 'wabt';

const FOLDER = new URL('../packages/handlers/src/vision/resample/', import.meta.url);
const TARGET = new URL('kernels-module.ts', FOLDER);

const toolkit = await wabt();
const text = await readFile(new URL('kernels.wat', FOLDER), 'utf8');
const { buffer } = toolkit.parseWat('kernels.wat', text, { simd: true }).toBinary({});
const lines = Buffer.from(buffer)
  .toString('base64')
  .match(/.{1,110}/g);
const content = `/** \`kernels.wat\`, assembled by \`npm run kernels\`. */
export const KERNELS_MODULE = [
${lines.map((line) => `  '${line}',`).join('\n')}
].join('');
`;

if (content === (await readFile(TARGET, 'utf8').catch(() => undefined))) {
  process.stdout.write('kernels-module.ts is up to date\n');
} else if (process.argv.includes('--check')) {
  process.stderr.write('kernels-module.ts is out of date. Run: npm run kernels\n');
  process.exitCode = 1;
} else {
  await writeFile(TARGET, content);
  process.stdout.write('Wrote kernels-module.ts\n');
}
