/** Finds functions of a module by their names. */
import { HandlerError } from '../handler-error.ts';
import type { HandleFunction } from '../handler.ts';
import { importHandlerModule } from './handler-module.ts';

/** What is looked for. */
export interface NamedFunctions {
  /** File of the module, as a manifest has it. */
  readonly handler: string;
  /** Of the functions. */
  readonly names: readonly string[];
}

/**
 * @returns the functions, by their names
 * @throws HandlerError that names those that are not there; whatever the module throws
 */
export async function namedFunctions(
  modelDir: string,
  { handler, names }: NamedFunctions,
): Promise<ReadonlyMap<string, HandleFunction>> {
  if (names.length === 0) return new Map();
  const { exports } = await importHandlerModule(modelDir, handler);
  const isFunction = (name: string): boolean => typeof exports[name] === 'function';
  const missing = names.filter((name) => !isFunction(name));
  if (missing.length === 0) return new Map(names.map((name) => [name, exports[name] as HandleFunction]));
  const there = Object.keys(exports).filter(isFunction);
  const has = there.length === 0 ? 'it exports no functions' : `it exports the functions ${there.join(', ')}`;
  throw new HandlerError(`${handler} has no function ${missing.join(', ')}, which the workflow names; ${has}`);
}
