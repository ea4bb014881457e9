/** Calls that a front end passes on to the main process: all but predictions. */
import { clientGone } from '../../core/errors.ts';
import type { Endpoint, EndpointGroup, PlainRequest, PlainResponse } from '../../protocols/endpoint.ts';
import type { PlainCall, Rpc, RpcService } from '../../protocols/rpc.ts';
import type { Caller } from '../../core/jobs/job.ts';
import type { CallResult, FrontEndMessage, SentCall, SentRequest } from '../messages.ts';
import { receivedError } from '../sent-error.ts';

type Send = (message: FrontEndMessage) => void;

interface OpenCall {
  readonly results: CallResult[];
  wake(): void;
}

/** How often a call that goes on looks whether its server stops. */
const LOOK_MS = 500;

/** Those that are under way. */
export class MainCalls {
  readonly #send: Send;
  readonly #open = new Map<number, OpenCall>();
  #last = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  /** The main process has said something of a call. */
  receive(call: number, result: CallResult): void {
    const open = this.#open.get(call);
    open?.results.push(result);
    open?.wake();
  }

  /** Endpoints whose requests the main process answers, where they are no predictions. */
  forward(group: EndpointGroup): EndpointGroup {
    const { protocol, endpoints } = group;
    return { ...group, endpoints: endpoints.map((endpoint) => this.#endpoint(endpoint, protocol)) };
  }

  /** The same for procedures; those whose client sends several messages are predictions, or ask nothing of the server. */
  forwardRpcs(service: RpcService): RpcService {
    return { ...service, rpcs: service.rpcs.map((rpc) => this.#rpc(rpc, service.name)) };
  }

  #endpoint(endpoint: Endpoint, protocol: string): Endpoint {
    if (endpoint.takesModelInput === true && endpoint.method !== 'OPTIONS') return endpoint;
    const { audience, operationId } = endpoint;
    const name = { protocol, audience, operationId };
    return { ...endpoint, handle: async (request) => this.#ask(await sentRequest(name, request), request.caller) };
  }

  async #ask(request: SentRequest, caller: Caller): Promise<PlainResponse> {
    for await (const result of this.#results((call) => ({ kind: 'request', call, request }), caller)) {
      if (result.kind === 'response') return result.response;
    }
    throw clientGone();
  }

  #rpc(rpc: Rpc, service: string): Rpc {
    if (rpc.takesModelInput === true || rpc.kind === 'duplex' || rpc.kind === 'multiplex') return rpc;
    const name = { service, name: rpc.name };
    const messages = (message: Buffer, call: PlainCall) => this.#messages(sentCall(name, message, call), call);
    if (rpc.kind === 'server-stream') return { ...rpc, handle: messages };
    return { ...rpc, handle: async (message: Buffer, call: PlainCall) => firstOf(messages(message, call)) };
  }

  async *#messages(sent: SentCall, call: PlainCall): AsyncGenerator<Uint8Array> {
    const isOver = () => call.isClosing;
    for await (const result of this.#results((id) => ({ kind: 'call', call: id, sent }), call.caller, isOver)) {
      if (result.kind === 'headers') call.addReplyHeaders(result.headers);
      else if (result.kind === 'message') yield result.message;
    }
  }

  /** Ends with the last result, when the caller goes, or when it is over. */
  async *#results(
    message: (call: number) => FrontEndMessage,
    caller: Caller,
    isOver = () => false,
  ): AsyncGenerator<CallResult> {
    const call = (this.#last += 1);
    let wake = () => {};
    const open: OpenCall = { results: [], wake: () => wake() };
    this.#open.set(call, open);
    caller.onGone(() => wake());
    const timer = setInterval(() => wake(), LOOK_MS);
    try {
      this.#send(message(call));
      while (!caller.isGone && !isOver()) {
        const result = open.results.shift();
        if (result?.kind === 'error') throw receivedError(result.error);
        if (result?.kind === 'end') return;
        if (result !== undefined) yield result;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      clearInterval(timer);
      this.#open.delete(call);
      this.#send({ kind: 'callerGone', call });
    }
  }
}

async function firstOf(messages: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  for await (const message of messages) return message;
  throw clientGone();
}

async function sentRequest(endpoint: SentRequest['endpoint'], request: PlainRequest): Promise<SentRequest> {
  const { method, target, params, requestId, mediaType, rawHeaders } = request;
  const inputs = await request.readInputs();
  return { endpoint, method, target, params, requestId, mediaType, rawHeaders, inputs };
}

function sentCall(rpc: SentCall['rpc'], message: Buffer, call: PlainCall): SentCall {
  const { requestId, rawHeaders, timeoutMs } = call;
  return { rpc, message, requestId, rawHeaders, ...(timeoutMs !== undefined && { timeoutMs }) };
}
