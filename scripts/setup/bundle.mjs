/** Puts the compiled daemon, its thread and the worker into a file each, which start faster. */
import { readFile, rm } from 'node:fs/promises';
import { SetupError, inRoot } from './tools.mjs';

const SERVER = inRoot('packages/server');
const OUTPUT = `${SERVER}/bundle`;

export async function bundle() {
  const { isBundleFresh } = await import('../../packages/server/bin/bundle.js');
  if (isBundleFresh()) return;
  await rm(OUTPUT, { recursive: true, force: true });
  try {
    await build('worker', compiled('worker/process/main'), [OUTSIDE, IMPORTS_HANDLERS]);
    await build('thread', compiled('threads/main'), [OUTSIDE]);
    // The last one, by which it is seen whether all are up to date.
    await build('cli', compiled('cli'), [OUTSIDE, LATER, UNUSED, WITHOUT_CODECS]);
  } catch (error) {
    await rm(OUTPUT, { recursive: true, force: true });
    throw error;
  }
}

const compiled = (name) => `${SERVER}/dist/${name}.js`;

/**
 * They have native parts, which cannot be put into a file; or they are large, and few need them (transformers, files of services), while
 * each process would keep their text in its memory.
 */
const OUTSIDE = {
  name: 'outside',
  setup({ onLoad, onResolve }) {
    const filter = /^(better-sqlite3|faiss-node|onnxruntime-node|pg|sharp|undici|yaml)$/;
    onResolve({ filter }, ({ path }) => ({ path, namespace: 'outside' }));
    onLoad({ filter: /.*/, namespace: 'outside' }, ({ path }) => ({
      contents: `module.exports = requireOutside(${JSON.stringify(path)});`,
    }));
  },
};

/** See `importModule` in packages/server/bin/load-bundled.js. */
const IMPORTS_HANDLERS = {
  name: 'imports-handlers',
  setup({ onLoad }) {
    onLoad({ filter: /load\/handler-module\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text.replace('await import(', 'await importModule(');
      if (contents === text) throw new SetupError(`${path} imports no handler in the way that the bundle expects`);
      return { contents, loader: 'js' };
    });
  },
};

/** It prepares itself for 15 ms to measure texts of help, once for each of those that import it. */
const LATER = {
  name: 'later',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^string-width$/ }, ({ kind, path, resolveDir }) =>
      kind === 'import-statement'
        ? { path: `${resolveDir}/${path}`, namespace: 'later', pluginData: resolveDir }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'later' }, ({ pluginData: resolveDir }) => ({
      contents: "let width; export default (...args) => (width ??= require('string-width').default)(...args);",
      resolveDir,
    }));
  },
};

/** prom-client asks it for spans where a metric has exemplars, which none has. */
const UNUSED = {
  name: 'unused',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^@opentelemetry\/api$/ }, ({ path }) => ({ path, namespace: 'unused' }));
    onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** It is the worker that reads requests. */
const WITHOUT_CODECS = {
  name: 'without-codecs',
  setup({ onResolve }) {
    onResolve({ filter: /\/codec\.js$/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};

async function build(name, entry, plugins = []) {
  const esbuild = await import('esbuild');
  const outfile = `${OUTPUT}/${name}.cjs`;
  const { PARAMETERS } = await import('../../packages/server/bin/load-bundled.js');
  const { metafile } = await esbuild.build({
    entryPoints: [entry],
    absWorkingDir: SERVER,
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // The source stays in memory. Lines of some length keep places in it readable.
    minifyWhitespace: true,
    lineLimit: 120,
    legalComments: 'external',
    logLevel: 'warning',
    metafile: true,
    define: { 'import.meta.url': '__url' },
    // As it is run: putting the function around it when it is read would make a second text of it.
    banner: { js: `(function (${PARAMETERS}) {const __url = require('node:url').pathToFileURL(__filename).href;` },
    footer: { js: '})' },
    plugins,
  });
  await check(outfile, metafile);
}

async function check(outfile, { outputs }) {
  // Others would take two bytes for each character.
  if (/[^\0-\x7f]/.test(await readFile(outfile, 'latin1'))) throw new SetupError(`${outfile} has more than ASCII`);
  const held = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
  const languages = held.filter((file) => /zod\/v4\/locales\/(?!index)/.test(file));
  if (languages.length <= 1) return;
  throw new SetupError(
    `The bundle has the messages of zod in ${languages.length} languages. Import it with import * as z from 'zod'.`,
  );
}
