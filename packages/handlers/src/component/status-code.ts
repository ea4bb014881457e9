/** What a message says of how it went, as a status of HTTP. */
import { isPlainObject } from '../model-config.ts';

/** Undefined for a message that says nothing of it, or has no status of HTTP. */
export function statusCodeOf(message: unknown): number | undefined {
  const code = statusOf(message)['code'];
  return typeof code === 'number' && Number.isInteger(code) && code >= 200 && code <= 599 ? code : undefined;
}

/** Whether a message says that it failed, in numbers or in words. */
export function isFailed(message: unknown): boolean {
  const { status } = statusOf(message);
  return status === 1 || status === 'FAILURE';
}

function statusOf(message: unknown): Readonly<Record<string, unknown>> {
  const { status } = isPlainObject(message) ? message : {};
  return isPlainObject(status) ? status : {};
}
