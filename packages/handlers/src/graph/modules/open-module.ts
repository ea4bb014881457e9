/** Imports the modules of a graph, and finds their functions. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { HandlerError } from '../../handler-error.ts';
import { importHandlerModule } from '../../load/handler-module.ts';
import { toError } from '../../base/stages.ts';
import { bundledModule, type ModuleRef } from './module-ref.ts';

/** @throws HandlerError with the module, its place in the graph and what is wrong with it */
export async function openModule<T>(ref: ModuleRef, modelDir: string): Promise<T> {
  try {
    return chosen(ref, await importModule(ref, modelDir)) as T;
  } catch (error) {
    throw new HandlerError(`${ref.key}: ${ref.handler}: ${toError(error).message}`, { cause: error });
  }
}

/** Another function of it, which it may have. @throws HandlerError for a module that cannot be imported */
export async function openOptional<T>(ref: ModuleRef, modelDir: string, name: string): Promise<T | undefined> {
  const found = (await importModule(ref, modelDir))[name];
  return isFunction(found) ? (found as T) : undefined;
}

async function importModule({ file }: ModuleRef, modelDir: string): Promise<Readonly<Record<string, unknown>>> {
  const bundle = bundledModule(file);
  return (await importHandlerModule(modelDir, existsSync(join(modelDir, bundle)) ? bundle : file)).exports;
}

/** The export that was named, else that of the role, else the default one. */
function chosen({ role, functionName }: ModuleRef, exports: Readonly<Record<string, unknown>>): unknown {
  const names = functionName === undefined ? [role, 'default'] : [functionName];
  const found = names.map((name) => exports[name]).find(isFunction);
  if (found !== undefined) return found;
  const there = Object.entries(exports).map(
    ([name, value]) => `${name} (${isFunction(value) ? 'function' : kindOf(value)})`,
  );
  const expected =
    functionName === undefined ? `a function "${role}", or one as its default export` : `a function "${functionName}"`;
  throw new HandlerError(`it exports ${there.length === 0 ? 'nothing' : there.join(', ')}; expected ${expected}`);
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value === 'function' ? 'class' : typeof value;
}
