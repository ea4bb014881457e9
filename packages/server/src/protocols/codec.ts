/** What a protocol's codec does, in the worker: bytes ↔ handler rows and results. */
import type { ResponseOverrides } from '@marserve/handlers/context';
import type { Row, RowResult } from '@marserve/handlers';

/**
 * The name of an input that is a whole application/x-www-form-urlencoded body, which the codec takes apart: no field has it.
 */
export const FORM_INPUT = '';

/** One input as it came over the wire. */
export interface EncodedInput {
  readonly name: string;
  /** Media type without parameters; empty when there was none. */
  readonly contentType: string;
  /** Of text, when it is not UTF-8: a label that TextDecoder knows. */
  readonly charset?: string;
  readonly bytes: Buffer;
}

/** An answer: facts for the protocol's endpoints in the daemon, and the body. */
export interface Encoded {
  readonly meta: unknown;
  readonly body: Uint8Array;
}

export interface Codec {
  /** @throws PredictionError for inputs that are not what they are said to be */
  decode(inputs: readonly EncodedInput[]): Row;
  /** @throws Error for a result that cannot be sent */
  encode(result: RowResult, overrides: ResponseOverrides): Encoded;
}
