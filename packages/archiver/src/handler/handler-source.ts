/** Finds out what `--handler` means: a built-in handler, a script to bundle, or a file to copy. */
import { basename, extname } from 'node:path';
import { nearest } from '../command-line/nearest.ts';
import { isFile } from '../inputs/is-file.ts';
import { missingFile } from '../inputs/missing-file.ts';
import type { Runtime } from '../package-options.ts';
import { PackagingError } from '../packaging-error.ts';

/** Where a handler comes from. */
export type HandlerSource =
  | { readonly kind: 'built-in'; readonly runtime: Runtime; readonly manifestName: string }
  | { readonly kind: 'script'; readonly runtime: 'node'; readonly manifestName: string; readonly file: string }
  | { readonly kind: 'copied'; readonly runtime: Runtime; readonly manifestName: string; readonly file: string };

const NODE_BUILT_INS = [
  'base_handler',
  'base_transformer',
  'graph',
  'image_classifier',
  'seldon_graph',
  'tabular_classifier',
  'vector_search',
  'workflow',
];
/** Built-in handlers of ours that ask models elsewhere. */
export const MODELLESS_BUILT_INS: readonly string[] = ['base_transformer', 'graph', 'seldon_graph', 'workflow'];

/** TorchServe's own, which its Python worker finds by name. */
const PYTHON_BUILT_INS = [
  'base_handler',
  'text_classifier',
  'image_classifier',
  'object_detector',
  'image_segmenter',
  'dali_image_classifier',
  'vllm_handler',
  'trt_llm_handler',
];
const LSP_BUILT_INS = ['BaseHandler', 'TorchScriptHandler'];
const BUILT_INS: Readonly<Record<Runtime, readonly string[]>> = {
  node: NODE_BUILT_INS,
  python: PYTHON_BUILT_INS,
  python3: PYTHON_BUILT_INS,
  LSP: LSP_BUILT_INS,
};

const SCRIPTS = ['.ts', '.js', '.mjs', '.cjs', '.mts', '.cts'];
const SHARED_LIBRARIES = ['.so', '.dylib'];
const EXTENSIONS: Readonly<Record<Runtime, readonly string[]>> = {
  node: SCRIPTS,
  python: ['.py'],
  python3: ['.py'],
  LSP: SHARED_LIBRARIES,
};

/** What to do with a handler in Python. */
export const PYTHON_HANDLERS =
  'Python handlers are for TorchServe; model-server runs TypeScript and JavaScript. See docs/handlers.md, ' +
  '"A handler that comes from TorchServe", for how one is rewritten.';

/**
 * @param handler as given on the command line: `name`, `file`, `file:function`
 * @param runtime as given; without one, the handler's extension decides
 * @throws PackagingError when it is neither built in nor a file of the runtime
 */
export function resolveHandler(handler: string, runtime?: Runtime): HandlerSource {
  const { module, functionName } = splitHandler(handler);
  if (functionName === undefined && BUILT_INS[runtime ?? 'node'].includes(module)) {
    return { kind: 'built-in', runtime: runtime ?? 'node', manifestName: module };
  }
  const file = findFile(module, runtime);
  const actual = runtime ?? (extname(file) === '.py' ? 'python' : 'node');
  if (!EXTENSIONS[actual].includes(extname(file))) throw wrongExtension(file, actual);
  const suffix = functionName === undefined ? '' : `:${functionName}`;
  if (actual === 'node') {
    return { kind: 'script', runtime: actual, file, manifestName: `${bundleName(file)}${suffix}` };
  }
  // TorchServe writes the argument's last part as it was given, with or without the extension.
  return { kind: 'copied', runtime: actual, file, manifestName: `${basename(module)}${suffix}` };
}

/** Whether TorchServe has a built-in handler of the same name as ours. */
export function hasPythonNamesake({ kind, manifestName }: HandlerSource): boolean {
  return kind === 'built-in' && PYTHON_BUILT_INS.includes(manifestName);
}

/** What the bundle of a script is called: `handler.ts` → `handler.mjs`. */
export function bundleName(file: string): string {
  return `${basename(file, extname(file))}.mjs`;
}

function splitHandler(handler: string): { module: string; functionName?: string } {
  const match = /^(?<module>.+):(?<name>[\p{ID_Start}$_][\p{ID_Continue}$]*)$/u.exec(handler);
  return match?.groups === undefined
    ? { module: handler }
    : { module: match.groups.module ?? handler, functionName: match.groups.name };
}

function findFile(module: string, runtime: Runtime | undefined): string {
  if (isFile(module)) return module;
  const extensions = runtime === undefined ? [...SCRIPTS, '.py'] : EXTENSIONS[runtime];
  const hasExtension = extensions.includes(extname(module));
  const candidates = hasExtension ? [] : extensions.map((extension) => `${module}${extension}`);
  const found = candidates.find(isFile);
  if (found !== undefined) return found;
  if (hasExtension) throw new PackagingError('missing_file', missingFile(module, '--handler'));
  throw unknownHandler(module, candidates, runtime ?? 'node');
}

function unknownHandler(module: string, candidates: readonly string[], runtime: Runtime): PackagingError {
  const elsewhere = runtime === 'node' && PYTHON_BUILT_INS.includes(module);
  const hint = elsewhere
    ? ` TorchServe's handler of that name needs --runtime python.`
    : nearest(module, BUILT_INS[runtime]);
  const message =
    `File does not exist: ${module} (--handler). Looked for ${candidates.join(', ')}; ` +
    `it is not a built-in handler either (${BUILT_INS[runtime].join(', ')}).${hint}`;
  return new PackagingError('missing_file', message);
}

function wrongExtension(file: string, runtime: Runtime): PackagingError {
  const expected = EXTENSIONS[runtime].join(', ');
  const hint = extname(file) === '.py' ? ` ${PYTHON_HANDLERS} Leave --runtime out, or give --runtime python.` : '';
  return new PackagingError(
    'invalid_option',
    `The handler ${file} does not fit the runtime ${runtime}: expected a file that ends in ${expected}.${hint}`,
  );
}
