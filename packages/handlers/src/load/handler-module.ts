/** Finds and imports the module that a manifest's `handler` names. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, extname, isAbsolute, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BUILT_IN_NAMES } from './built-in-names.ts';
import { HandlerError } from '../handler-error.ts';

/** An imported module, and which of its exports was asked for. */
export interface HandlerModule {
  /** As the manifest has it, for messages. */
  readonly file: string;
  /** What stands behind the colon; undefined without one. */
  readonly functionName?: string;
  /** The module's namespace. */
  readonly exports: Readonly<Record<string, unknown>>;
}

const EXTENSIONS = ['.mjs', '.js', '.cjs'];

/** @throws HandlerError when there is no such file; whatever the module throws */
export async function importHandlerModule(modelDir: string, handler: string): Promise<HandlerModule> {
  const { file, functionName } = splitHandler(handler);
  const path = findFile(modelDir, file);
  const namespace = await importFile(path);
  return { file, functionName, exports: plainExports(namespace) };
}

async function importFile(path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    const place = error instanceof SyntaxError ? await syntaxErrorPlace(path) : undefined;
    throw place === undefined
      ? error
      : new HandlerError(`${basename(path)} does not parse:\n${place}`, { cause: error });
  }
}

/** A SyntaxError of import() does not say where it is; Node's own check does. Undefined when the file parses. */
function syntaxErrorPlace(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--check', path], (error, _, stderr) => {
      resolve(error === null ? undefined : stderr.split(/\n\s+at /)[0]?.trim());
    });
  });
}

function splitHandler(handler: string): { file: string; functionName?: string } {
  const match = /^(.+):([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u.exec(handler);
  return match === null ? { file: handler } : { file: match[1] ?? handler, functionName: match[2] };
}

function findFile(modelDir: string, file: string): string {
  const path = join(modelDir, file);
  const inside = relative(modelDir, path);
  if (isAbsolute(file) || inside.startsWith('..'))
    throw new HandlerError(`The handler ${file} is outside the model's folder`);
  const extension = extname(file);
  const candidates = EXTENSIONS.includes(extension) ? [path] : EXTENSIONS.map((added) => path + added);
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  if (existsSync(path)) throw new HandlerError(wrongKind(file, extension));
  const looked = candidates.map((candidate) => relative(modelDir, candidate)).join(', ');
  const builtIns = BUILT_IN_NAMES.join(', ');
  throw new HandlerError(
    `There is no handler ${file}: looked for ${looked} in ${modelDir}, and built in are ${builtIns}`,
  );
}

function wrongKind(file: string, extension: string): string {
  const advice =
    extension === '.ts'
      ? 'package it with model-archiver, which compiles it'
      : 'this runtime runs JavaScript (.mjs, .js, .cjs)';
  return `The handler ${file} cannot be imported: ${advice}`;
}

/** What a CommonJS module assigns to `module.exports` is its default export; its properties count as exports. */
function plainExports(namespace: Record<string, unknown>): Record<string, unknown> {
  const fallback = namespace.default;
  const { 'module.exports': _, ...named } = namespace;
  return typeof fallback === 'object' && fallback !== null ? { ...methodsOf(fallback), ...named } : named;
}

/** The functions of a default-exported object, bound to it. */
function methodsOf(object: object): Record<string, unknown> {
  const names = new Set<string>();
  for (
    let level: object | null = object;
    level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level) as object | null
  ) {
    for (const name of Object.getOwnPropertyNames(level)) if (name !== 'constructor') names.add(name);
  }
  const entries = [...names].map((name): [string, unknown] => [name, (object as Record<string, unknown>)[name]]);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, isPlainFunction(value) ? value.bind(object) : value]),
  );
}

function isPlainFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));
}
