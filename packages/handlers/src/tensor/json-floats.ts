/**
 * Nested JSON arrays of plain numbers, from their bytes into a Float32Array: in less than half the time of JSON.parse, which
 * makes lists of doubles first. Each element is what JSON.parse and a Float32Array make of its text, to the bit.
 */

/** What was read. */
export interface JsonFloats {
  /** In row-major order. */
  readonly data: Float32Array;
  /** Sizes of the arrays, from the outermost on; none is 0. */
  readonly shape: readonly number[];
}

const COMMA = 0x2c;
const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const OPEN = 0x5b;
const CLOSE = 0x5d;

const MAX_RANK = 16;
/** Bytes of a number, for the first guess how many there are. */
const USUAL_BYTES = 8;

/** Undefined for anything else, be it JSON or not, and for integers of more than nine digits. */
export function readJsonFloats(bytes: Uint8Array): JsonFloats | undefined {
  let end = bytes.length;
  while (end > 0 && isSpace(bytes[end - 1])) end -= 1;
  // So that there is one more byte behind whatever comes before.
  return bytes[end - 1] === CLOSE ? new FloatReader(bytes, end).read() : undefined;
}

class FloatReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at = 0;
  #data: Float32Array;
  #count = 0;
  /** Of the open arrays, how many elements they have had. */
  readonly #open: number[] = [];
  readonly #shape: number[] = [];

  constructor(bytes: Uint8Array, end: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.#data = new Float32Array(Math.ceil(end / USUAL_BYTES));
  }

  read(): JsonFloats | undefined {
    let rank = 0;
    do {
      this.#openArrays();
      rank ||= this.#open.length;
      if (rank === 0 || rank > MAX_RANK || this.#open.length !== rank) return undefined;
      if (!this.#readRow() || !this.#closeArrays()) return undefined;
    } while (this.#open.length > 0);
    if (this.#at !== this.#end) return undefined;
    return { data: this.#data.subarray(0, this.#count), shape: this.#shape };
  }

  #openArrays(): void {
    while (this.#skipSpace() === OPEN && this.#open.length <= MAX_RANK) {
      this.#open.push(0);
      this.#at += 1;
    }
  }

  /** Numbers and commas up to the end of the innermost array; false for anything else. */
  #readRow(): boolean {
    const before = this.#count;
    for (;;) {
      if (this.#count === this.#data.length) this.#grow();
      if (!this.#readNumber()) return false;
      this.#count += 1;
      if (this.#bytes[this.#at] !== COMMA && this.#skipSpace() !== COMMA) break;
      this.#at += 1;
      if (isSpace(this.#bytes[this.#at])) this.#skipSpace();
    }
    this.#open[this.#open.length - 1] = this.#count - before;
    return true;
  }

  /** Up to behind the comma before the next array, or to the end; false where there is neither, or a size is another one. */
  #closeArrays(): boolean {
    const depth = this.#open.length;
    while (this.#open.length > 0 && this.#skipSpace() === CLOSE) {
      this.#at += 1;
      const size = this.#open.pop() ?? 0;
      const axis = this.#open.length;
      if ((this.#shape[axis] ??= size) !== size) return false;
      if (axis > 0) this.#open[axis - 1] = (this.#open[axis - 1] ?? 0) + 1;
    }
    if (this.#open.length === 0) return true;
    if (this.#open.length === depth || this.#skipSpace() !== COMMA) return false;
    this.#at += 1;
    return true;
  }

  /** False for anything that is no number. One function without calls: those would take as long as the digits. */
  #readNumber(): boolean {
    const bytes = this.#bytes;
    const start = this.#at;
    const isNegative = bytes[start] === MINUS;
    const first = isNegative ? start + 1 : start;
    let at = first;
    let mantissa = 0;
    let low = 0;
    for (; isDigit(bytes[at]) && at < first + GROUP; at += 1) mantissa = withDigit(mantissa, bytes[at]);
    if (at === first || isDigit(bytes[at]) || (at > first + 1 && bytes[first] === ZERO)) return false;
    const point = at;
    let group = at;
    if (bytes[at] === POINT) {
      at += 1;
      if (mantissa === 0) while (bytes[at] === ZERO) at += 1;
      const end = mantissa === 0 ? at + GROUP : first + 1 + GROUP;
      for (; isDigit(bytes[at]) && at < end; at += 1) mantissa = withDigit(mantissa, bytes[at]);
      group = at;
      for (; isDigit(bytes[at]) && at < group + GROUP; at += 1) low = withDigit(low, bytes[at]);
      if (at === point + 1) return false;
    }
    this.#at = at;
    const exponent = at === point ? 0 : point + 1 - at;
    const isUsual = !isDigit(bytes[at]) && !isExponent(bytes[at]) && exponent >= -GREATEST_POWER;
    if (!isUsual) return this.#readUnusual(start);
    const all = mantissa * (POWERS[at - group] ?? 1) + low;
    const size = all / (POWERS[-exponent] ?? 1);
    if (at - group > EXACT_MORE && !isSameFloat(size)) return this.#readUnusual(start);
    this.#data[this.#count] = isNegative ? -size : size;
    return true;
  }

  /** With an exponent, or with more digits than a double holds. */
  #readUnusual(start: number): boolean {
    const bytes = this.#bytes;
    while (isDigit(bytes[this.#at])) this.#at += 1;
    if (isExponent(bytes[this.#at]) && !this.#skipExponent()) return false;
    const text = Buffer.from(this.#bytes.subarray(start, this.#at)).toString('latin1');
    this.#data[this.#count] = Number(text);
    return true;
  }

  #skipExponent(): boolean {
    const bytes = this.#bytes;
    const sign = bytes[this.#at + 1];
    this.#at += sign === PLUS || sign === MINUS ? 2 : 1;
    const first = this.#at;
    while (isDigit(bytes[this.#at])) this.#at += 1;
    return this.#at > first;
  }

  #skipSpace(): number | undefined {
    while (isSpace(this.#bytes[this.#at])) this.#at += 1;
    return this.#bytes[this.#at];
  }

  #grow(): void {
    const data = new Float32Array(2 * this.#data.length);
    data.set(this.#data);
    this.#data = data;
  }
}

/** So many digits fit an integer of 32 bits. */
const GROUP = 9;
/** With so many digits more, it is a double. */
const EXACT_MORE = 6;
/** Powers of ten that are doubles. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
const GREATEST_POWER = 22;
/** More than how far a number that was put together in a few doubles, and its nearest double, are from it, relatively. */
const ERROR = 1e-15;

/** Whether all that the number may be is rounded to the same float. */
function isSameFloat(size: number): boolean {
  return Math.fround(size * (1 - ERROR)) === Math.fround(size * (1 + ERROR));
}

function isDigit(byte = 0): boolean {
  return byte >= ZERO && byte <= NINE;
}

function withDigit(value: number, byte = 0): number {
  return (value * 10 + (byte - ZERO)) | 0;
}

/** e or E */
function isExponent(byte: number | undefined): boolean {
  return byte === 0x65 || byte === 0x45;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
