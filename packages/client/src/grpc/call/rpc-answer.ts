/** How a call is answered: what head and trailers say, and why its stream ended. */
import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import { reasonOf } from '../../client-error.ts';
import type { GrpcSession } from '../connection/grpc-session.ts';
import { codeOfHttp, codeOfReset, RPC_CODES } from './rpc-codes.ts';
import { RpcFailure, unavailable } from './rpc-failure.ts';

const REFUSED_STREAM = 7;
const CONTENT_TYPE = 'application/grpc';

type Head = IncomingHttpHeaders & IncomingHttpStatusHeader;

/** Of one stream. */
export class RpcAnswer {
  readonly #stream: ClientHttp2Stream;
  readonly #session: GrpcSession;
  #head: Head | undefined;
  #trailers: IncomingHttpHeaders | undefined;
  #error: Error | undefined;

  /** Of a call that has just begun. */
  constructor(stream: ClientHttp2Stream, session: GrpcSession) {
    this.#stream = stream;
    this.#session = session;
    stream.on('response', (head) => (this.#head = head));
    stream.on('trailers', (trailers) => (this.#trailers = trailers));
    stream.on('error', (error) => (this.#error = error));
  }

  /** Whether what comes is of gRPC. */
  get hasMessages(): boolean {
    return this.#head !== undefined && this.#isOfGrpc(this.#head);
  }

  /** Whether the server has said how the call ended. */
  get isStated(): boolean {
    return this.#said?.['grpc-status'] !== undefined;
  }

  /** What its messages are compressed with. */
  get encoding(): string | undefined {
    return textOf(this.#head?.['grpc-encoding']);
  }

  /** Of the head, their names in lower case. */
  get headers(): Record<string, string> {
    return textsOf(this.#head);
  }

  /** Why there is no answer; undefined for OK. */
  failure(): RpcFailure | undefined {
    const status = this.#said?.['grpc-status'];
    if (status === undefined) return this.#unstated();
    return status === '0' ? undefined : this.#fail(this.#message, codeIn(textOf(status)));
  }

  /** Of an answer that says nothing of its own. */
  #unstated(): RpcFailure {
    const head = this.#head;
    const { rstCode } = this.#stream;
    if (head !== undefined && head[':status'] !== 200) {
      return this.#fail(`it answered with the status ${head[':status']} of HTTP`, codeOfHttp(Number(head[':status'])));
    }
    if (head !== undefined && !this.#isOfGrpc(head)) {
      return this.#fail(`expected ${CONTENT_TYPE} as content type, got ${head['content-type'] ?? 'none'}`);
    }
    if (this.#session.isEnded) {
      const reason = this.#session.error ?? this.#error;
      return unavailable(`the connection ended before the answer did${reason ? `: ${reasonOf(reason)}` : ''}`, reason);
    }
    if (rstCode === 0) return this.#fail('expected trailers with grpc-status, got none');
    return new RpcFailure(`it reset the call with the error ${rstCode} of HTTP/2`, {
      code: codeOfReset(rstCode),
      headers: this.headers,
      isUntouched: rstCode === REFUSED_STREAM,
      cause: this.#error,
    });
  }

  /** Trailers; of an answer without messages they are its head. */
  get #said(): IncomingHttpHeaders | undefined {
    return this.#trailers ?? this.#head;
  }

  get #message(): string {
    const text = textOf(this.#said?.['grpc-message']) ?? '';
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  }

  #isOfGrpc(head: Head): boolean {
    return head[':status'] === 200 && head['content-type']?.startsWith(CONTENT_TYPE) === true;
  }

  #fail(message: string, code?: number): RpcFailure {
    const headers = { ...this.headers, ...textsOf(this.#trailers) };
    return new RpcFailure(message, { headers, ...(code !== undefined && { code }) });
  }
}

function codeIn(status = ''): number {
  return /^\d+$/.test(status) ? Number(status) : RPC_CODES.UNKNOWN;
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}

/** All but those of HTTP/2 and gRPC. */
function textsOf(headers: IncomingHttpHeaders = {}): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name in headers) {
    if (!name.startsWith(':') && !name.startsWith('grpc-')) texts[name] = textOf(headers[name]) ?? '';
  }
  return texts;
}
