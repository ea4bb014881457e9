/** A request of node:http as the plain request that endpoints take. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../core/job.ts';
import { FORM_INPUT } from '../protocols/codec.ts';
import type { PlainRequest } from '../protocols/endpoint.ts';
import type { BodyMemory } from './body-memory.ts';
import { assertOneContentType, charsetOf, mediaTypeOf } from './content-type.ts';
import { readBody, type BodyLimits } from './read-body.ts';
import { readForm } from './read-form.ts';

export interface RequestFacts {
  readonly params: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly bodyLimits: BodyLimits;
  /** For the body; whoever gives it releases it. */
  readonly memory: BodyMemory;
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
  const contentType = request.headers['content-type'] ?? '';
  const mediaType = mediaTypeOf(contentType);
  const { params, requestId, bodyLimits, memory } = facts;
  const onRoom = () => {
    if (awaitsContinue(request)) response.writeContinue();
  };
  const read = async (maxBytes = Infinity) => {
    assertOneContentType(request.rawHeaders);
    const limits = maxBytes < bodyLimits.maxBytes ? { ...bodyLimits, maxBytes, setBy: 'this endpoint' } : bodyLimits;
    return readBody({ request, memory, limits, onRoom });
  };
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
    async readInputs(maxBytes) {
      const charset = charsetOf(contentType, mediaType);
      const chunks = await read(maxBytes);
      if (mediaType.startsWith('multipart/')) return readForm(contentType, chunks);
      const name = mediaType === 'application/x-www-form-urlencoded' ? FORM_INPUT : 'body';
      return [{ name, contentType: mediaType, charset, chunks }];
    },
  };
}

/** Whether the client sends its body only when it is asked to, or after a while; node:http knows no other expectation. */
export function awaitsContinue({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.expect !== undefined && httpVersion === '1.1';
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'object' ? value.join(', ') : value;
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
