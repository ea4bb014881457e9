/** JSON with exact integers: beyond 2^53 they are bigint; everything else as JSON.parse and JSON.stringify have it. */
import { parse, stringify } from 'lossless-json';

/** An integer of at least 16 digits where a JSON value may stand; in a string it costs time only. */
const LONG_INTEGER = /(?:^|[[,:\s])-?[1-9]\d{15,}(?![\d.eE])/;

/** @throws SyntaxError for text that is not JSON */
export function parseJson(json: string | Uint8Array): unknown {
  const text = typeof json === 'string' ? json : toText(json);
  const value: unknown = JSON.parse(text);
  // The text is JSON from here on; only its numbers are read once more.
  return LONG_INTEGER.test(text)
    ? parse(text, null, { parseNumber, onDuplicateKey: ({ newValue }) => newValue })
    : value;
}

/** @throws TypeError for a value that JSON cannot hold: undefined, a function, a cycle */
export function stringifyJson(value: unknown): string {
  const text = withoutBigInt(value) ?? stringify(value);
  if (text === undefined) throw new TypeError(`expected a value that JSON can hold, got ${typeof value}`);
  return text;
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function parseNumber(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(text) ? value : BigInt(text);
}

/** Undefined when there is a bigint somewhere, which JSON.stringify refuses. */
function withoutBigInt(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof TypeError && /BigInt/.test(error.message)) return undefined;
    throw error;
  }
}
