/** Puts the compiled daemon and the packages it imports into a few files, which start faster. */
import { rm } from 'node:fs/promises';
import { inRoot } from './tools.mjs';

export async function bundleDaemon() {
  const { isBundleFresh } = await import('../../packages/server/bin/bundle.js');
  if (isBundleFresh()) return;
  const { build } = await import('esbuild');
  const outdir = inRoot('packages/server/bundle');
  await rm(outdir, { recursive: true, force: true });
  await build({
    entryPoints: [inRoot('packages/server/dist/cli.js')],
    outdir,
    bundle: true,
    // What is imported later, if at all, stays in files of its own.
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
}
