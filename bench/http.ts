/** Requests of the benchmark itself, beside the load. */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: Uint8Array;
  readonly contentType?: string;
}

/** The body of the answer. @throws Error for any status but 200 */
export async function send(url: string, { method = 'GET', body, contentType }: Request = {}): Promise<string> {
  const headers = contentType === undefined ? undefined : { 'content-type': contentType };
  const response = await fetch(url, { method, headers, body });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${method} ${url} was answered with ${response.status}: ${text}`);
  return text;
}

const POLL_MS = 2;

/** Resolves when the address answers with 200. @throws Error after `timeoutMs` */
export async function untilAnswered(url: string, timeoutMs: number): Promise<void> {
  for (const start = performance.now(); !(await isAnswered(url)); await sleep(POLL_MS)) {
    if (performance.now() - start > timeoutMs) throw new Error(`${url} did not answer within ${timeoutMs} ms`);
  }
}

/** Over a connection of its own: those that `fetch` keeps would be refused after the first failure for a while. */
function isAnswered(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const question = request(url, { agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200));
    });
    question.once('error', () => resolve(false));
    question.end();
  });
}
