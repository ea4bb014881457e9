/** Puts the compiled daemon, its thread, the worker and the handlers into a few files each, which start faster. */
import { readFile, rm } from 'node:fs/promises';
import { SetupError, inRoot } from './tools.mjs';

const HANDLERS = 'packages/handlers';
const SERVER = 'packages/server';
/** What a worker needs of the handlers: names of the package's exports. */
const HANDLER_PARTS = [
  'context',
  'json',
  'load-handler',
  'prediction-error',
  'class-names',
  'response-headers',
  'tensor',
  'tensor-json',
];
/** They have native parts, which cannot be put into a file. */
const NATIVE = ['faiss-node', 'onnxruntime-node', 'sharp'];

export async function bundle() {
  const { isBundleFresh } = await import('../../packages/server/bin/bundle.js');
  if (isBundleFresh()) return;
  const outdirs = [HANDLERS, SERVER].map((folder) => inRoot(`${folder}/bundle`));
  for (const outdir of outdirs) await rm(outdir, { recursive: true, force: true });
  try {
    await build(HANDLERS, await handlerParts(), { external: NATIVE });
    await build(SERVER, { worker: 'worker/process/main' }, { plugins: [BUNDLED_HANDLERS] });
    // What they had in common would be in ten files more, each of which takes the daemon's start a part of a millisecond.
    await build(SERVER, { thread: 'threads/main' });
    // The last one, by which it is seen whether all are up to date.
    await build(SERVER, { cli: 'cli' }, { plugins: [DAEMON_PROTOCOLS] });
  } catch (error) {
    for (const outdir of outdirs) await rm(outdir, { recursive: true, force: true });
    throw error;
  }
}

async function handlerParts() {
  const { exports } = JSON.parse(await readFile(inRoot(HANDLERS, 'package.json'), 'utf8'));
  return Object.fromEntries(
    HANDLER_PARTS.map((name) => [name, exports[`./${name}`].default.replace(/^\.\/dist\/|\.js$/g, '')]),
  );
}

/** They stay in their package, which is where their native packages are found from. */
const BUNDLED_HANDLERS = {
  name: 'bundled-handlers',
  setup({ onResolve }) {
    onResolve({ filter: /^@marserve\/handlers\// }, ({ path }) => ({
      path: path.replace('@marserve/handlers/', '@marserve/handlers/bundle/'),
      external: true,
    }));
  },
};

/**
 * The daemon loads the protocols of its list at each start, and no codec: in files of their own, and in twenty more with what
 * they have in common, they take it a tenth of its start.
 */
const DAEMON_PROTOCOLS = {
  name: 'daemon-protocols',
  setup({ onLoad, onResolve }) {
    onLoad({ filter: /protocols\/index\.js$/ }, async ({ path }) => {
      const imports = [];
      const text = await readFile(path, 'utf8');
      const contents = text.replace(/\(await import\('(\.\/[\w-]+\/protocol\.js)'\)\)/g, (_, file) => {
        imports.push(`import * as protocol${imports.length} from '${file}';`);
        return `protocol${imports.length - 1}`;
      });
      if (imports.length === 0) throw new SetupError(`${path} loads no protocols that the bundle could hold`);
      return { contents: imports.join('\n') + contents, loader: 'js' };
    });
    onResolve({ filter: /\/codec\.js$/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};

async function build(folder, entries, options = {}) {
  const esbuild = await import('esbuild');
  const { metafile } = await esbuild.build({
    entryPoints: Object.entries(entries).map(([out, file]) => ({ in: inRoot(folder, 'dist', `${file}.js`), out })),
    outdir: inRoot(`${folder}/bundle`),
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
    ...options,
  });
  const held = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const languages = held.filter((file) => /zod\/v4\/locales\/(?!index)/.test(file));
  if (languages.length > 1) {
    throw new SetupError(
      `The bundle has the messages of zod in ${languages.length} languages. Import it with import * as z from 'zod'.`,
    );
  }
  const wrong = lazyCommonJs(metafile);
  if (wrong.length === 0) return;
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
