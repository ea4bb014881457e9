/** A request of node:http as the plain request that endpoints take. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../core/job.ts';
import type { PlainRequest } from '../protocols/endpoint.ts';
import type { BodyMemory } from './body-memory.ts';
import { readBody, readBodyInto } from './read-body.ts';
import { isForm, readForm } from './read-form.ts';

export interface RequestFacts {
  readonly params: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly maxRequestBytes: number;
  /** For a large body; whoever gives it releases it. */
  readonly memory: BodyMemory;
}

const REQUEST_ID = /^[\w.:+=/@-]{1,128}$/;

/** The client's `x-request-id` when it is a valid one (up to 128 of `A-Z a-z 0-9 _ . : + = / @ -`), else a new UUID. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/**
 * A target as a path and query, without slashes at the end of the path, which TorchServe ignores; an absolute one
 * (`GET http://host/path`) without its host.
 */
export function normalizeTarget(target = '/'): string {
  if (target.startsWith('/') && !target.endsWith('/') && !target.includes('/?')) return target;
  const { path, search } = splitTarget(target.startsWith('/') ? target : relativeTarget(target));
  const trimmed = path.replace(/\/+$/, '') || '/';
  return search === '' ? trimmed : `${trimmed}?${search}`;
}

function relativeTarget(target: string): string {
  if (!URL.canParse(target)) return '/';
  const { pathname, search } = new URL(target);
  return pathname.startsWith('/') ? pathname + search : '/';
}

/** Path and query of a request target. */
export function splitTarget(target: string): { path: string; search: string } {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, search: '' } : { path: target.slice(0, mark), search: target.slice(mark + 1) };
}

export function createPlainRequest(
  request: IncomingMessage,
  response: ServerResponse,
  facts: RequestFacts,
): PlainRequest {
  const mediaType = mediaTypeOf(request);
  const { params, requestId, maxRequestBytes, memory } = facts;
  return {
    method: request.method ?? 'GET',
    params,
    // Predictions never look at it.
    get query() {
      return new URLSearchParams(splitTarget(request.url ?? '/').search);
    },
    requestId,
    mediaType,
    rawHeaders: request.rawHeaders,
    header: (name) => headerOf(request, name),
    caller: new HttpCaller(response),
    readBody: () => readBody(request, maxRequestBytes),
    readInputs: async () =>
      isForm(mediaType)
        ? readForm(request, maxRequestBytes)
        : [{ name: 'body', contentType: mediaType, chunks: await readBodyInto(memory, request, maxRequestBytes) }],
  };
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'object' ? value.join(', ') : value;
}

function mediaTypeOf({ headers }: IncomingMessage): string {
  const [mediaType = ''] = (headers['content-type'] ?? '').split(';', 1);
  return mediaType.trim().toLowerCase();
}

/** Gone when the connection closes before the response is sent. */
class HttpCaller implements Caller {
  #isGone = false;
  #listener: (() => void) | undefined;

  constructor(response: ServerResponse) {
    response.once('close', () => {
      if (response.writableFinished) return;
      this.#isGone = true;
      this.#listener?.();
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  onGone(listener: () => void): void {
    this.#listener = listener;
  }
}
