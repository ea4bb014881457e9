/**
 * JSON with exact integers, which are bigint beyond 2^53, and with negative zeros; everything else as JSON.parse and
 * JSON.stringify have it.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import { parse, stringify } from 'lossless-json';

/** An integer of at least 16 digits where a JSON value may stand; in a string it costs time only. */
const LONG_INTEGER = /(?:^|[[,:\s])-?[1-9]\d{15,}(?![\d.eE])/;

/** A byte order mark at the beginning is ignored. @throws SyntaxError for text that is not JSON, and bytes that are not UTF-8 */
export function parseJson(json: string | Uint8Array): unknown {
  const text = withoutMark(typeof json === 'string' ? json : toText(json));
  const value: unknown = JSON.parse(text);
  // The text is JSON from here on; only its numbers are read once more.
  return (typeof json === 'string' || holdsLongNumber(json)) && LONG_INTEGER.test(text)
    ? parse(text, null, { parseNumber, onDuplicateKey: ({ newValue }) => newValue })
    : value;
}

/** @throws TypeError for a value that JSON cannot hold: undefined, a function, a cycle */
export function stringifyJson(value: unknown): string {
  const plain = withoutBigInt(value);
  const text = plain === undefined || holdsNegativeZero(value) ? stringify(value, null, '', [NEGATIVE_ZERO]) : plain;
  if (text === undefined) throw new TypeError(`expected a value that JSON can hold, got ${typeof value}`);
  return text;
}

/** ASCII, which nearly all JSON is, is found out and read as Latin-1 in a third of the time that UTF-8 takes. */
function toText(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isAscii(buffer)) return buffer.toString('latin1');
  if (isUtf8(buffer)) return buffer.toString('utf8');
  throw new SyntaxError('expected text in UTF-8, got other bytes');
}

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

const POINT = 0x2e;

/** Whether 16 digits follow one another, not behind a point: one of them is a 16th byte, so that few bytes are looked at. */
function holdsLongNumber(bytes: Uint8Array): boolean {
  for (let position = 15; position < bytes.length; position += 16) {
    if (!isDigit(bytes[position])) continue;
    let first = position;
    while (isDigit(bytes[first - 1])) first -= 1;
    if (bytes[first - 1] === POINT) continue;
    let end = position + 1;
    while (isDigit(bytes[end])) end += 1;
    if (end - first >= 16) return true;
  }
  return false;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
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

/** JSON.stringify writes 0; without the fraction, Python would read an integer. */
const NEGATIVE_ZERO = { test: (value: unknown) => Object.is(value, -0), stringify: () => '-0.0' };

function holdsNegativeZero(value: unknown): boolean {
  if (typeof value === 'number') return value === 0 && 1 / value < 0;
  if (typeof value !== 'object' || value === null) return false;
  if (!Array.isArray(value)) return Object.values(value).some(holdsNegativeZero);
  const list = value as unknown[];
  for (let index = 0; index < list.length; index += 1) {
    const element = list[index];
    if (typeof element === 'number' ? element === 0 && 1 / element < 0 : holdsNegativeZero(element)) return true;
  }
  return false;
}
