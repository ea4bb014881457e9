/** Requests to a daemon under test. */

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body parsed; throws when it is no JSON. */
  json<T = Record<string, unknown>>(): T;
}

export async function send(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: <T>() => JSON.parse(text) as T };
}

export function sendJson(url: string, value: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const body = typeof value === 'string' ? value : JSON.stringify(value);
  return send(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
}

export const post = (url: string) => send(url, { method: 'POST' });
export const put = (url: string) => send(url, { method: 'PUT' });
export const remove = (url: string) => send(url, { method: 'DELETE' });
