/** A plain request, as endpoints and interceptors take it. */
import type { Socket } from 'node:net';
import type { Caller, JobInput } from '../../core/jobs/job.ts';
import { LeavingCaller } from '../../core/jobs/leaving-caller.ts';
import type { Call } from '../../interceptors/interceptor.ts';
import type { PlainRequest } from '../../protocols/endpoint.ts';
import type { MemoryBudget } from '../memory/memory-budget.ts';
import { mediaTypeOf } from '../bodies/content-type.ts';
import { inputsOf } from '../bodies/inputs-of.ts';
import type { BodyLimits } from '../bodies/read-body.ts';
import { tooLarge } from '../bodies/body-sink.ts';
import type { EndpointCall } from '../http/endpoint-runner.ts';
import { splitTarget } from '../http/plain-request.ts';
import { isRequestId, newRequestId } from '../http/request-id.ts';
import { IncomingBody } from './incoming-body.ts';
import type { PlainHead } from './read-head.ts';

/** What all requests of a listener have in common. */
export interface FastRequestContext {
  /** Which API open calls are made at. */
  readonly name: Call['listener'];
  /** Of bodies. */
  readonly bodyLimits: BodyLimits;
  /** For bodies that are on their way. */
  readonly budget: MemoryBudget;
  /** Whether `Accept-Encoding` counts. */
  readonly isCompressing: boolean;
}

/** One request. */
export interface ReadRequest {
  /** Its head. */
  readonly head: PlainHead;
  /** What is run for it. */
  readonly call: EndpointCall;
  /** All of it, or one that is still to come. */
  readonly body: Buffer | IncomingBody;
  /** Of its connection. */
  readonly socket: Socket;
}

/** Its memory is what it has taken of the budget. */
export class FastRequest extends LeavingCaller implements PlainRequest, Call {
  readonly requestId: string;
  readonly mediaType: string;
  readonly #read: ReadRequest;
  readonly #context: FastRequestContext;

  /** The budget has given the bytes of a whole body already. */
  constructor(read: ReadRequest, context: FastRequestContext) {
    super();
    this.#read = read;
    this.#context = context;
    const given = valueOf(read.head, 'x-request-id');
    this.requestId = given !== undefined && isRequestId(given) ? given : newRequestId();
    this.mediaType = mediaTypeOf(valueOf(read.head, 'content-type') ?? '');
  }

  get method(): string {
    return this.#read.head.method;
  }

  get target(): string {
    return this.#read.head.target;
  }

  get params(): Readonly<Record<string, string>> {
    return this.#read.call.params;
  }

  get audience(): Call['audience'] {
    return this.#read.call.audience;
  }

  get listener(): Call['listener'] {
    return this.#context.name;
  }

  get remoteAddress(): string | undefined {
    return this.#read.socket.remoteAddress;
  }

  get query(): URLSearchParams {
    return new URLSearchParams(splitTarget(this.target).search);
  }

  get rawHeaders(): readonly string[] {
    return this.#read.head.rawHeaders;
  }

  get caller(): Caller {
    return this;
  }

  header(name: string): string | undefined {
    if (name === 'x-request-id') return this.requestId;
    if (name === 'accept-encoding' && !this.#context.isCompressing) return undefined;
    return valueOf(this.#read.head, name);
  }

  async readInputs(maxBytes = Infinity): Promise<JobInput[]> {
    const { body, head } = this.#read;
    if (head.bodyBytes > maxBytes) throw tooLarge(String(head.bodyBytes), { maxBytes, setBy: 'this endpoint' });
    const read = inputsOf(valueOf(head, 'content-type') ?? '', this.mediaType);
    if (body instanceof IncomingBody) return read(await body.whole());
    return read(body.length === 0 ? [] : [body]);
  }

  /** Gives back what it took of the budget. */
  release(): void {
    this.#giveBack(true);
  }

  /** The same; somebody may still look at its memory. */
  abandon(): void {
    this.#giveBack(false);
  }

  #giveBack(isReusable: boolean): void {
    const { body } = this.#read;
    if (body instanceof IncomingBody) body.leave(isReusable);
    else this.#context.budget.give(body.length);
  }
}

function valueOf({ names, rawHeaders }: PlainHead, name: string): string | undefined {
  const index = names.indexOf(name);
  return index < 0 ? undefined : rawHeaders[2 * index + 1];
}
