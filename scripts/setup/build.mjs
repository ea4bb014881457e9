/** Compiles what changed (`tsc -b`), bundles what starts often, and keeps what V8 makes of that. */
import { existsSync } from 'node:fs';
import { bundle } from './bundle.mjs';
import { provideCodeCache } from './code-cache.mjs';
import { SetupError, inRoot, run, say } from './tools.mjs';

export async function build() {
  if (!existsSync(inRoot('packages/server/dist'))) say('compiling the packages (tsc -b)');
  const { ok } = await run(process.execPath, [inRoot('node_modules/typescript/bin/tsc'), '-b'], { isShown: true });
  if (!ok) throw new SetupError('tsc -b failed; its messages are above.');
  await bundle();
  await provideCodeCache();
}
