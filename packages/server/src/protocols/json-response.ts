/** TorchServe's JSON bodies: two spaces of indentation and a newline at the end; what is undefined is left out. */
import type { PlainResponse } from './endpoint.ts';

/** A response with the value as its body; further headers may be given. */
export function jsonResponse(status: number, value: unknown, headers: Record<string, string> = {}): PlainResponse {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: jsonText(value) };
}

/** The body alone. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** A message about something that was done: `{"status": message}`. */
export function statusResponse(status: number, message: string): PlainResponse {
  return jsonResponse(status, { status: message });
}
