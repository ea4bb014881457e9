/** Puts the compiled daemon and the packages it imports into a few files, which start faster. */
import { rm } from 'node:fs/promises';
import { SetupError, inRoot } from './tools.mjs';

export async function bundleDaemon() {
  const { isBundleFresh } = await import('../../packages/server/bin/bundle.js');
  if (isBundleFresh()) return;
  const { build } = await import('esbuild');
  const outdir = inRoot('packages/server/bundle');
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: [inRoot('packages/server/dist/cli.js')],
    outdir,
    bundle: true,
    // What is imported later, if at all, stays in files of its own.
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
    metafile: true,
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  const wrong = lazyCommonJs(metafile);
  if (wrong.length === 0) return;
  await rm(outdir, { recursive: true });
  throw new SetupError(
    `import() of the CommonJS package ${wrong.join(', ')} gives no names in the bundle. ` +
      'Import it in a module of ours, and that one later.',
  );
}

/** Of a CommonJS package that is imported later a bundle has `default` alone, where Node has its names as well. */
function lazyCommonJs({ outputs }) {
  const imports = Object.values(outputs).flatMap((output) => output.imports);
  const lazy = new Set(imports.filter(({ kind }) => kind === 'dynamic-import').map(({ path }) => path));
  const wrong = [...lazy].filter((file) => outputs[file]?.exports.join() === 'default');
  return wrong.map((file) => outputs[file].entryPoint ?? file);
}
