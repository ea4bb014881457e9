/** What stands around every call, whatever brought it: looks at it before it is run, and at what became of it. */
import type { Audience } from '../protocols/endpoint.ts';

/** A call without its transport: a request over HTTP or gRPC. */
export interface Call {
  /** Who may make it; `open` as well for one that no endpoint has. */
  readonly audience: Audience;
  /** Which API an `open` call was made at: the first of its listener's. */
  readonly listener: Exclude<Audience, 'open' | 'tokens'>;
  /** Names the call in logs and to the handler. */
  readonly requestId: string;
  /** HTTP's, in capitals; `POST` over gRPC. */
  readonly method: string;
  /** Path and query over HTTP, `/package.Service/Method` over gRPC. */
  readonly target: string;
  /** The client's IP address; undefined over a socket of the file system. */
  readonly remoteAddress: string | undefined;
  /** A header or a text of the metadata by its name in lower case; `host` is the authority over gRPC. */
  header(name: string): string | undefined;
}

/** What of a call is known to the log, also of one that could not be read. */
export type CallFacts = Pick<Call, 'requestId' | 'method' | 'target' | 'remoteAddress'>;

/** What became of a call. */
export interface CallOutcome {
  /** As HTTP has it. */
  readonly status: number;
  /** From the call's arrival to the end of its answer. */
  readonly ms: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
}

/** Each part is left out by those that have no use for it. */
export interface Interceptor {
  /** Headers of every answer over HTTP. */
  readonly replyHeaders?: Readonly<Record<string, string>>;
  /**
   * Before anything of the call's body is read.
   * @throws ServeError, which is answered in the words of the call's protocol
   */
  readonly admit?: (call: Call) => void;
  /** When it was answered, be it with an error. It must not throw. */
  readonly answered?: (call: CallFacts, outcome: CallOutcome) => void;
}

/** Several as one, in their order. */
export function combineInterceptors(interceptors: readonly Interceptor[]): Required<Interceptor> {
  const admissions = interceptors.flatMap(({ admit }) => admit ?? []);
  const listeners = interceptors.flatMap(({ answered }) => answered ?? []);
  return {
    replyHeaders: Object.assign({}, ...interceptors.map(({ replyHeaders }) => replyHeaders)) as Record<string, string>,
    admit(call) {
      for (const admit of admissions) admit(call);
    },
    answered(call, outcome) {
      for (const answered of listeners) answered(call, outcome);
    },
  };
}
