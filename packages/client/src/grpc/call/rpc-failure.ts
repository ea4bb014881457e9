/** Why a call over gRPC has no answer. */
import { RPC_CODES } from './rpc-codes.ts';

/** Facts of a failure. */
export interface RpcFailureFacts {
  /** Status code of gRPC; undefined for an answer that the protocol does not know. */
  readonly code?: number;
  /** Headers of the answer, their names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the server has done nothing of it, and says so; default false. */
  readonly isUntouched?: boolean;
  /** What the platform said. */
  readonly cause?: unknown;
}

/** Its message is the text of gRPC's status, or why there is none. */
export class RpcFailure extends Error {
  override readonly name = 'RpcFailure';
  /** Status code of gRPC; undefined for an answer that the protocol does not know. */
  readonly code: number | undefined;
  /** Headers of the answer, their names in lower case; empty without one. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the server has done nothing of it, and says so. */
  readonly isUntouched: boolean;

  /** @param message for people */
  constructor(message: string, { code, headers = {}, isUntouched = false, cause }: RpcFailureFacts = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.headers = headers;
    this.isUntouched = isUntouched;
  }
}

/** There is no connection, or there is none any more. */
export function unavailable(message: string, cause?: unknown): RpcFailure {
  return new RpcFailure(message, { code: RPC_CODES.UNAVAILABLE, cause });
}
