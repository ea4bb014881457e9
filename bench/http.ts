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

export interface Waiting extends Request {
  readonly timeoutMs: number;
  /** Rejects when waiting is in vain. */
  readonly ended?: Promise<never>;
}

/** Resolves when the address answers with 200. @throws Error after `timeoutMs`, or what `ended` rejects with */
export async function untilAnswered(url: string, { timeoutMs, ended, ...question }: Waiting): Promise<void> {
  const start = performance.now();
  const left = () => timeoutMs - (performance.now() - start);
  const over = new AbortController();
  const poll = async () => {
    for (; !over.signal.aborted && !(await isAnswered(url, question, left())); await sleep(POLL_MS)) {
      if (left() <= 0) throw new Error(`${url} did not answer within ${timeoutMs} ms`);
    }
  };
  try {
    await Promise.race(ended === undefined ? [poll()] : [poll(), ended]);
  } finally {
    over.abort();
  }
}

/** Over a connection of its own: those that `fetch` keeps would be refused after the first failure for a while. */
function isAnswered(url: string, { method, body, contentType }: Request, timeoutMs: number): Promise<boolean> {
  const length = body === undefined ? {} : { 'content-length': body.length };
  const headers = { ...length, ...(contentType === undefined ? {} : { 'content-type': contentType }) };
  return new Promise((resolve) => {
    const question = request(url, { method, headers, agent: false, timeout: Math.max(timeoutMs, 1) }, (response) => {
      response.resume();
      response.once('error', () => resolve(false));
      response.once('end', () => resolve(response.statusCode === 200));
    });
    question.once('timeout', () => question.destroy());
    question.once('error', () => resolve(false));
    question.end(body);
  });
}
