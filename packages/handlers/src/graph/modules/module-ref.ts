/** A module that a graph names: where it is, which of its functions is meant, and what it is told. */
import { isAbsolute, posix } from 'node:path';
import { configError, isPlainObject, string, type ConfigReader } from '../../model-config.ts';

/** The functions that a module may have in a graph, by the names of their exports. */
export type ModuleRole = 'transform' | 'combine' | 'route';

/** A module, not imported yet. */
export interface ModuleRef {
  /** As the graph names it: `scale.ts`, `steps/scale.ts`, `steps.ts:scale`. */
  readonly handler: string;
  /** Its file, relative to that of the graph, with `/`. */
  readonly file: string;
  /** The export that was named; undefined for the one of its role. */
  readonly functionName?: string | undefined;
  /** What it does in the graph. */
  readonly role: ModuleRole;
  /** What is passed on to it. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Its place in the graph, for messages: `graph.sequence[1].handler`. */
  readonly key: string;
}

const SCRIPT = /\.[cm]?[jt]s$/;

/** `{ handler, options }`; other keys are the caller's affair. @throws Error for a path that cannot be in an archive */
export function readModuleRef(
  { handler: named, options = {} }: Readonly<Record<string, unknown>>,
  { key, role }: { readonly key: string; readonly role: ModuleRole },
): ModuleRef {
  const handler = string(named, `${key}.handler`);
  const [, path = handler, functionName] = /^(.+):([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u.exec(handler) ?? [];
  const file = posix.normalize(path);
  if (!SCRIPT.test(file)) throw configError(`${key}.handler`, 'a .ts, .js, .mjs or .cjs file', handler);
  if (file.startsWith('../') || isAbsolute(file) || file.includes('\\')) {
    throw configError(
      `${key}.handler`,
      "a file in the folder of the graph's file, or below it, with / in its path",
      handler,
    );
  }
  return { handler, file, functionName, role, options: readOptions(options, `${key}.options`), key: `${key}.handler` };
}

/** A combiner and the like: a module, and nothing beside it. @throws Error for other keys */
export function moduleAlone(role: ModuleRole): ConfigReader<ModuleRef> {
  return (value, key) => {
    if (!isPlainObject(value) || !Object.hasOwn(value, 'handler'))
      throw configError(key, 'an object with handler', value);
    const unknown = Object.keys(value).find((each) => each !== 'handler' && each !== 'options');
    if (unknown !== undefined)
      throw new Error(`Model config: unknown key ${key}.${unknown}; known are handler, options`);
    return readModuleRef(value, { key, role });
  };
}

/** What a step is called that has no name: its function, or its file without the extension. */
export function moduleName({ file, functionName }: ModuleRef): string {
  return functionName ?? posix.basename(file).replace(SCRIPT, '');
}

/** Where `model-archiver` puts the bundle of a module: `steps/scale.ts` → `steps/scale.mjs`. */
export function bundledModule(file: string): string {
  return file.replace(SCRIPT, '.mjs');
}

function readOptions(value: unknown, key: string): Readonly<Record<string, unknown>> {
  if (isPlainObject(value)) return value;
  throw configError(key, 'names and values', value);
}
