/** A request of node:http as the plain request that endpoints take. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, JobInput } from '../../core/jobs/job.ts';
import { LeavingCaller } from '../../core/jobs/leaving-caller.ts';
import type { Call } from '../../interceptors/interceptor.ts';
import type { PlainRequest } from '../../protocols/endpoint.ts';
import type { BodyMemory } from '../bodies/body-memory.ts';
import { assertOneContentType, mediaTypeOf } from '../bodies/content-type.ts';
import { inputsOf } from '../bodies/inputs-of.ts';
import { readBody, type BodyLimits } from '../bodies/read-body.ts';

/** What is known of a request beside node:http's own object. */
export interface RequestFacts {
  /** What the names in the endpoint's path stand for. */
  readonly params: Readonly<Record<string, string>>;
  /** Who may call its endpoint. */
  readonly audience: Call['audience'];
  /** Which API it came to. */
  readonly listener: Call['listener'];
  /** The client's own, or a new one. */
  readonly requestId: string;
  /** For its body. */
  readonly bodyLimits: BodyLimits;
  /** For the body; whoever gives it releases it. */
  readonly memory: BodyMemory;
}

/**
 * A target as a path and query, without slashes at the end of the path, which TorchServe ignores; an absolute one
 * (`GET http://host/path`) without its host; what is neither stays as it is, and `*` is the root.
 */
export function normalizeTarget(target = '/'): string {
  if (target.startsWith('/') && !target.endsWith('/') && !target.includes('/?')) return target;
  const { path, search } = splitTarget(target.startsWith('/') ? target : relativeTarget(target));
  const trimmed = path.replace(/\/+$/, '') || '/';
  return search === '' ? trimmed : `${trimmed}?${search}`;
}

function relativeTarget(target: string): string {
  if (target === '*' || target === '') return '/';
  if (!URL.canParse(target)) return target;
  const { pathname, search } = new URL(target);
  return pathname.startsWith('/') ? pathname + search : target;
}

/** An absolute target names a host as well: where the header names another, both count. */
export function addTargetHost({ url = '', headers }: IncomingMessage): void {
  if (!URL.canParse(url)) return;
  const { host } = new URL(url);
  if (headers.host?.toLowerCase() !== host) headers.host = [headers.host ?? [], host].flat().join(', ');
}

/** Path and query of a request target. */
export function splitTarget(target: string): { path: string; search: string } {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, search: '' } : { path: target.slice(0, mark), search: target.slice(mark + 1) };
}

/** A class, because a literal with as many functions for each request took a tenth of the garbage collector's work. */
export class HttpRequest implements PlainRequest, Call {
  readonly params: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly mediaType: string;
  readonly caller: Caller;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #facts: RequestFacts;

  constructor(request: IncomingMessage, response: ServerResponse, facts: RequestFacts) {
    this.params = facts.params;
    this.requestId = facts.requestId;
    this.mediaType = mediaTypeOf(request.headers['content-type'] ?? '');
    this.caller = callerOf(response);
    this.#request = request;
    this.#response = response;
    this.#facts = facts;
  }

  get method(): string {
    return this.#request.method ?? 'GET';
  }

  get audience(): Call['audience'] {
    return this.#facts.audience;
  }

  get listener(): Call['listener'] {
    return this.#facts.listener;
  }

  get target(): string {
    return this.#request.url ?? '';
  }

  get remoteAddress(): string | undefined {
    return this.#request.socket.remoteAddress;
  }

  get query(): URLSearchParams {
    return new URLSearchParams(splitTarget(this.#request.url ?? '/').search);
  }

  get rawHeaders(): readonly string[] {
    return this.#request.rawHeaders;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return typeof value === 'object' ? value.join(', ') : value;
  }

  async readInputs(maxBytes = Infinity): Promise<JobInput[]> {
    const contentType = this.#request.headers['content-type'] ?? '';
    const read = inputsOf(contentType, this.mediaType);
    return read(await this.#readBody(maxBytes));
  }

  #readBody(maxBytes: number): Promise<Buffer[]> {
    if (!(TELLS_BODY in this.#request.headers)) assertOneContentType(this.#request.rawHeaders);
    const { bodyLimits, memory } = this.#facts;
    const limits = maxBytes < bodyLimits.maxBytes ? { ...bodyLimits, maxBytes, setBy: 'this endpoint' } : bodyLimits;
    return readBody({ request: this.#request, response: this.#response, memory, limits });
  }
}

/** A header that says what a body is, whatever its type is called: KServe's own transformers send two types beside it. */
const TELLS_BODY = 'inference-header-content-length';

/** Gone when the connection closes before the response is sent. */
function callerOf(response: ServerResponse): Caller {
  const caller = new LeavingCaller();
  response.on('close', () => {
    if (!response.writableFinished) caller.leave();
  });
  return caller;
}
