/** JSON bodies without spaces. */
import type { PlainResponse } from './endpoint.ts';

export function compactJson(status: number, value: unknown, headers: Record<string, string> = {}): PlainResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}
