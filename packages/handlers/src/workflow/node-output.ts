/** What a node gave: a value for whoever gets the answer, bytes for the nodes after it. */
import { parseJson, stringifyJson } from '../json.ts';
import { PredictionError } from '../prediction-error.ts';

/** Of one request. */
export class NodeOutput {
  /** As the node gave it. */
  readonly value: unknown;
  #bytes: Uint8Array | undefined;

  constructor(value: unknown) {
    this.value = value;
  }

  /** As TorchServe would send it: bytes as they are, a text in UTF-8, and JSON of anything else. */
  get bytes(): Uint8Array {
    return (this.#bytes ??= bytesOf(this.value));
  }

  /** The JSON that it is, or holds; a text that is none as a text. @throws PredictionError 500 for bytes that are no text */
  get json(): unknown {
    const { value } = this;
    if (!(value instanceof Uint8Array) && typeof value !== 'string') return value;
    const text = typeof value === 'string' ? value : textOf(value);
    try {
      return parseJson(text);
    } catch {
      return text;
    }
  }
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return Buffer.from(typeof value === 'string' ? value : stringifyJson(value));
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const told = new PredictionError(
      'expected JSON or a text, since there are several leaves, but it gave other bytes',
    );
    told.cause = error;
    throw told;
  }
}
