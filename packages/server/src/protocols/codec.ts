/** What a protocol's codec does, in the worker: bytes ↔ handler rows and results. */
import type { ResponseOverrides } from '@marserve/handlers/context';
import type { Row, RowResult } from '@marserve/handlers';

/** One input as it came over the wire. */
export interface EncodedInput {
  readonly name: string;
  /** Media type without parameters; empty when there was none. */
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** An answer: facts for the protocol's endpoints in the daemon, and the body. */
export interface Encoded {
  readonly meta: unknown;
  readonly body: Uint8Array;
}

export interface Codec {
  decode(inputs: readonly EncodedInput[]): Row;
  /** @throws Error for a result that cannot be sent */
  encode(result: RowResult, overrides: ResponseOverrides): Encoded;
}
