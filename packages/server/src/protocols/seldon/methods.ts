/** The header by which the endpoints tell the codec what is asked of a component. */
import type { SeldonMethod } from '@marserve/handlers/component';

const METHODS = [
  'predictions',
  'predict',
  'transform-input',
  'transform-output',
  'route',
  'aggregate',
  'send-feedback',
  'health-status',
  'metadata',
  'graph-metadata',
] as const satisfies readonly SeldonMethod[];

/** What is asked without a message. */
export const QUESTIONS: ReadonlySet<SeldonMethod> = new Set<SeldonMethod>([
  'health-status',
  'metadata',
  'graph-metadata',
]);

const HEADER = 'seldon-method';

/** Whether there is such a method. */
export function isSeldonMethod(value: unknown): value is SeldonMethod {
  return METHODS.some((method) => method === value);
}

/** Name and value, to come after those of the client. */
export function methodHeader(method: SeldonMethod): readonly [string, string] {
  return [HEADER, method];
}

/** The last one counts; a prediction where there is none. @param headers names and values in turn */
export function methodOf(headers: readonly string[]): SeldonMethod {
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    const method = METHODS.find((each) => each === headers[index + 1]);
    if (headers[index] === HEADER && method !== undefined) return method;
  }
  return 'predictions';
}
