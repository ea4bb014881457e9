/** Which export of a module is the handler. */
import type { HandleFunction, Handler } from '../handler.ts';
import { HandlerError } from '../handler-error.ts';
import { isComponentClass, type ComponentClass } from '../component/component.ts';
import type { HandlerModule } from './handler-module.ts';

/** A handler in the style of functions. */
export interface FunctionExport {
  readonly kind: 'function';
  /** What the function is called; its export where it has no name. */
  readonly name: string;
  /** The function. */
  readonly handle: HandleFunction;
  /** The module's exports: `initialize` may be among them. */
  readonly module: Readonly<Record<string, unknown>>;
}

/** A handler in the style of classes. */
export interface ClassExport {
  readonly kind: 'class';
  /** What the class is called; its export where it has no name. */
  readonly name: string;
  /** Makes it; called once for a worker. */
  readonly create: new () => Handler;
}

/** A component in the manner of Seldon Core. */
export interface ComponentExport {
  readonly kind: 'component';
  /** What the class is called; its export where it has no name. */
  readonly name: string;
  /** Made with its parameters. */
  readonly component: ComponentClass;
}

/** A handler of either style, or a component. */
export type HandlerExport = FunctionExport | ClassExport | ComponentExport;

const EXPECTED =
  'expected a function "handle", or exactly one class with a method "handle(data, context)", or with one of a component, such as "predict(X, names, meta)"';

/** The export that was named; else the function `handle`; else the default export; else the only class. */
export function resolveExport(module: HandlerModule): HandlerExport {
  const { functionName, exports } = module;
  if (functionName !== undefined) return namedExport(module, functionName);
  const chosen = asHandler('handle', module) ?? asHandler('default', module);
  if (chosen !== undefined) return chosen;
  const classes = Object.keys(exports).flatMap((name) => classExport(name, exports[name]));
  const handlers = classes.filter(({ kind }) => kind === 'class');
  const [only, ...others] = handlers.length > 0 ? handlers : classes;
  if (only === undefined || others.length > 0) throw unresolved(module, EXPECTED);
  return only;
}

function namedExport(module: HandlerModule, name: string): HandlerExport {
  const found = asHandler(name, module);
  if (found === undefined) throw unresolved(module, `expected a function "${name}"`);
  return found;
}

function asHandler(name: string, { exports }: HandlerModule): HandlerExport | undefined {
  const value = exports[name];
  if (typeof value !== 'function' || isClass(value)) return classExport(name, value)[0];
  return { kind: 'function', name: value.name || name, handle: value as HandleFunction, module: exports };
}

function classExport(name: string, value: unknown): (ClassExport | ComponentExport)[] {
  if (isHandlerClass(value)) return [{ kind: 'class', name: value.name || name, create: value }];
  return isComponentClass(value) ? [{ kind: 'component', name: value.name || name, component: value }] : [];
}

function isHandlerClass(value: unknown): value is new () => Handler {
  if (typeof value !== 'function') return false;
  const prototype = value.prototype as Partial<Handler> | undefined;
  return typeof prototype?.handle === 'function';
}

/** Also the constructor functions that older compilers make of classes. */
function isClass(value: object): boolean {
  return isHandlerClass(value) || isComponentClass(value) || /^class\b/.test(Function.prototype.toString.call(value));
}

function unresolved(module: HandlerModule, expected: string): HandlerError {
  const found = Object.entries(module.exports).map(([name, value]) => `${name} (${kindOf(value)})`);
  const list = found.length === 0 ? 'nothing' : found.join(', ');
  return new HandlerError(`${module.file} exports ${list}; ${expected}`);
}

function kindOf(value: unknown): string {
  if (typeof value !== 'function') return value === null ? 'null' : typeof value;
  if (!isClass(value)) return 'function';
  return isHandlerClass(value) ? 'class with handle' : 'class without handle';
}
