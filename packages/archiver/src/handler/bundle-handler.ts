/** Bundles a handler and everything it imports into one ES module, `NAME.mjs`, with its source map beside it. */
import { realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type BuildFailure, type BuildResult, type Message, build, formatMessages } from 'esbuild';
import { bundleName } from './handler-source.ts';
import { findNativePackage, nativeBinaries } from './native-packages.ts';
import { PackagingError } from '../packaging-error.ts';
import { RUNTIME_PACKAGES } from '../runtime-packages.ts';

/** Options of one bundling. */
export interface BundleOptions {
  /** The handler: TypeScript or JavaScript. */
  readonly file: string;
  /** Where the bundle and its source map are written. */
  readonly directory: string;
  /** Packages that stay outside, beside those of the server's installation. */
  readonly external: readonly string[];
  /** Hears what the bundler warns about. */
  readonly onWarning?: (message: string) => void;
}

type Result = BuildResult<{ write: false; metafile: true }>;

/** CommonJS code finds `require`, `__filename` and `__dirname` in an ES module only when they are made. */
const REQUIRE = [
  "import { createRequire as __marserve_createRequire } from 'node:module';",
  'const require = __marserve_createRequire(import.meta.url);',
];
const FILE_NAMES = [
  "import { fileURLToPath as __marserve_fileURLToPath } from 'node:url';",
  "const __marserve_filename = __marserve_fileURLToPath(import.meta.url), __marserve_dirname = __marserve_fileURLToPath(new URL('.', import.meta.url)).slice(0, -1);",
];

/**
 * @returns the names of the files that were written
 * @throws PackagingError with esbuild's message (file and line), or the package that has a native binary
 */
export async function bundleHandler(options: BundleOptions): Promise<string[]> {
  const file = await realpath(options.file);
  const result = await bundle(file, options, []);
  const banner = neededBanner(result);
  const output = banner.length === 0 ? result : await bundle(file, options, banner);
  await refuseNativePackages(output, file);
  if (output.warnings.length > 0) options.onWarning?.(await formatted(output.warnings, 'warning'));
  for (const { path, contents } of output.outputFiles)
    await writeFile(join(options.directory, basename(path)), contents);
  return output.outputFiles.map(({ path }) => basename(path));
}

async function bundle(file: string, options: BundleOptions, banner: readonly string[]): Promise<Result> {
  try {
    return await build({
      entryPoints: [file],
      // Beside the handler: every path that esbuild writes is relative to here, so that none of this machine shows.
      outfile: join(dirname(file), bundleName(options.file)),
      absWorkingDir: dirname(file),
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      sourcemap: 'linked',
      keepNames: true,
      charset: 'utf8',
      external: [...RUNTIME_PACKAGES, ...options.external],
      // Only where the code does not declare these names itself.
      define: { __filename: '__marserve_filename', __dirname: '__marserve_dirname' },
      banner: { js: banner.join('\n') },
      plugins: [nativeBinaries],
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
  } catch (error) {
    throw await bundleError(error);
  }
}

/**
 * esbuild's shim for `require` takes a global one where it exists. It may be declared only when the shim is there: then no
 * other `require` is, because esbuild has renamed it.
 */
function neededBanner({ outputFiles }: Result): string[] {
  const code = outputFiles.find(({ path }) => path.endsWith('.mjs'))?.text ?? '';
  const needsRequire = code.includes('typeof require !== "undefined" ? require');
  const needsFileNames = /__marserve_(?:file|dir)name/.test(code);
  return [...(needsRequire ? REQUIRE : []), ...(needsFileNames ? FILE_NAMES : [])];
}

async function refuseNativePackages({ metafile }: Result, file: string): Promise<void> {
  const inputs = Object.keys(metafile.inputs).map((input) => join(dirname(file), input));
  const native = await findNativePackage(inputs);
  if (native !== undefined) throw nativePackageError(native.name, native.reason);
}

async function bundleError(error: unknown): Promise<unknown> {
  const { errors } = error as Partial<BuildFailure>;
  if (errors === undefined) return error;
  const native = errors.find(
    ({ detail }) => typeof detail === 'object' && detail !== null && 'nativePackage' in detail,
  );
  if (native !== undefined) return nativePackageError(native.detail.nativePackage as string, native.text);
  const message = `The handler could not be bundled:\n${await formatted(errors, 'error')}`;
  return new PackagingError('invalid_handler', message, { cause: error });
}

async function formatted(messages: Message[], kind: 'error' | 'warning'): Promise<string> {
  return (await formatMessages(messages, { kind })).map((text) => text.trim()).join('\n');
}

function nativePackageError(name: string, reason: string): PackagingError {
  return new PackagingError(
    'invalid_handler',
    `The handler imports the package ${name}, which has a native binary (${reason}) and cannot be put into an archive. ` +
      `Name it in a file (a package.json, or a line "${name}@VERSION") and give that with --requirements-file: ` +
      `then it stays outside, and must be installed where the model is served.`,
  );
}
