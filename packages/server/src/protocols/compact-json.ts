/** JSON bodies without spaces. */
import type { PlainResponse } from './endpoint.ts';

/** A response with the value as its body; further headers may be given. */
export function compactJson(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): PlainResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}
