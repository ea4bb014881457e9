/** Runs calls that front ends have passed on. */
import { ServeError } from '../../core/errors.ts';
import type { Caller } from '../../core/jobs/job.ts';
import type { Endpoint, PlainRequest, PlainResponse, StreamedResponse } from '../../protocols/endpoint.ts';
import type { PlainCall, RpcService, ServerStreamRpc, UnaryRpc } from '../../protocols/rpc.ts';
import type { CallResult, SentCall, SentRequest } from '../messages.ts';
import { sentError } from '../sent-error.ts';

/** Where calls find what they name. */
export interface CallTargets {
  /** The endpoint of that name. */
  readonly endpoint: (name: SentRequest['endpoint']) => Pick<Endpoint, 'handle'> | undefined;
  /** The services of gRPC, loaded when the first call asks. */
  readonly services: () => Promise<readonly RpcService[]>;
}

/** Never rejects. @param send takes the results, the last of which is a response, an end or an error */
export async function runRequest(
  request: SentRequest,
  { endpoint }: CallTargets,
  { caller, send }: CallParts,
): Promise<void> {
  try {
    const target = endpoint(request.endpoint);
    if (target === undefined) throw new Error(`no endpoint ${JSON.stringify(request.endpoint)}`);
    const response = await target.handle(plainRequest(request, caller));
    if (!isWhole(response)) throw new Error('an answer in parts that is no prediction');
    send({ kind: 'response', response });
  } catch (error) {
    send({ kind: 'error', error: sentError(error) });
  }
}

/** The same for procedures. */
export async function runCall(sent: SentCall, { services }: CallTargets, { caller, send }: CallParts): Promise<void> {
  try {
    const { rpc, message } = sent;
    const service = (await services()).find(({ name }) => name === rpc.service);
    const procedure = service?.rpcs.find(({ name }) => name === rpc.name);
    if (procedure === undefined || procedure.kind === 'duplex' || procedure.kind === 'multiplex')
      throw new Error(`no procedure ${JSON.stringify(rpc)}`);
    for await (const answer of answersOf(procedure, Buffer.from(message), plainCall(sent, { caller, send }))) {
      send({ kind: 'message', message: answer });
    }
    send({ kind: 'end' });
  } catch (error) {
    send({ kind: 'error', error: sentError(error) });
  }
}

/** Who waits, and where its answer goes. */
export interface CallParts {
  /** In the front end. */
  readonly caller: Caller;
  /** Takes results; the front end may be gone. */
  readonly send: (result: CallResult) => void;
}

async function* answersOf(
  procedure: UnaryRpc | ServerStreamRpc,
  message: Buffer,
  call: PlainCall,
): AsyncGenerator<Uint8Array> {
  if (procedure.kind === 'unary') yield await procedure.handle(message, call);
  else yield* procedure.handle(message, call);
}

function plainCall({ requestId, rawHeaders, timeoutMs }: SentCall, { caller, send }: CallParts): PlainCall {
  const header = (name: string) => headerOf(rawHeaders, name);
  const addReplyHeaders = (headers: Readonly<Record<string, string>>) => send({ kind: 'headers', headers });
  const facts = { requestId, rawHeaders, header, caller, isClosing: false, addReplyHeaders };
  return timeoutMs === undefined ? facts : { ...facts, timeoutMs };
}

function plainRequest(sent: SentRequest, caller: Caller): PlainRequest {
  const { method, target, params, requestId, mediaType, rawHeaders, inputs } = sent;
  const bytes = inputs.reduce((sum, { chunks }) => chunks.reduce((all, chunk) => all + chunk.byteLength, sum), 0);
  return {
    method,
    target,
    params,
    requestId,
    mediaType,
    rawHeaders,
    caller,
    query: new URLSearchParams(target.split('?').slice(1).join('?')),
    header: (name) => headerOf(rawHeaders, name),
    readInputs(maxBytes = Infinity) {
      if (bytes <= maxBytes) return Promise.resolve([...inputs]);
      const problem = `The body has ${bytes} bytes, and may have ${maxBytes} at most`;
      return Promise.reject(new ServeError('request_too_large', problem));
    },
  };
}

function headerOf(rawHeaders: readonly string[], name: string): string | undefined {
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
  return values.length === 0 ? undefined : values.join(', ');
}

function isWhole(response: PlainResponse | StreamedResponse): response is PlainResponse {
  return typeof response.body === 'string' || response.body instanceof Uint8Array;
}
