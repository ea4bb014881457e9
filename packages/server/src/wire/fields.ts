/**
 * The header of a frame: numbers, and one text that has all texts of the message behind one another. So one call into the
 * runtime writes them, and one reads them; where each of them ends stands among the numbers.
 */

/** For doubles, which are two of the numbers. */
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);

/** Takes the fields of a message, in the order in which they are read. */
export class FieldWriter {
  /** From 0 up to 2^32 - 1. */
  readonly numbers: number[] = [];
  /** Of all fields. */
  text = '';

  /** @param value a whole number from 0 up to 2^32 - 1 */
  addNumber(value: number): void {
    // Not pushed: in a worker, its handler may have replaced that.
    this.numbers[this.numbers.length] = value;
  }

  /** A list of whole numbers from 0 up to 2^32 - 1. */
  addNumbers(values: readonly number[]): void {
    this.addNumber(values.length);
    for (let index = 0; index < values.length; index += 1) this.addNumber(values[index] as number);
  }

  /** Any number. */
  addDouble(value: number): void {
    double[0] = value;
    this.addNumber(halves[0] as number);
    this.addNumber(halves[1] as number);
  }

  /** Half of a surrogate pair becomes U+FFFD. */
  addText(value: string): void {
    this.addNumber(value.length);
    this.text += value;
  }

  /** A list that is taken apart only when somebody asks for it. */
  addTexts(values: readonly string[]): void {
    this.addNumber(values.length);
    const place = this.numbers.length;
    const start = this.text.length;
    this.addNumber(0);
    for (let index = 0; index < values.length; index += 1) this.addText(values[index] as string);
    this.numbers[place] = this.text.length - start;
  }
}

/** Gives the fields back; whoever wrote them may have written anything. */
export class FieldReader {
  readonly #numbers: Uint32Array;
  readonly #text: string;
  #place = 0;
  #offset = 0;

  constructor(numbers: Uint32Array, text: string) {
    this.#numbers = numbers;
    this.#text = text;
  }

  /** @throws Error when there is none */
  number(): number {
    const value = this.#numbers[this.#place];
    if (value === undefined) throw new Error('a message that ends before its last number');
    this.#place += 1;
    return value;
  }

  /** @throws Error when there are fewer than it says */
  numbers(): readonly number[] {
    const count = this.number();
    if (count > this.#numbers.length - this.#place) throw new Error('a message that ends before its last number');
    const values: number[] = [];
    for (let index = 0; index < count; index += 1) values[index] = this.number();
    return values;
  }

  /** @throws Error when there is none */
  double(): number {
    halves[0] = this.number();
    halves[1] = this.number();
    return double[0] as number;
  }

  /** @throws Error when there is none */
  text(): string {
    const start = this.#skipText(this.number());
    return this.#text.slice(start, this.#offset);
  }

  /** Reads the list when it is called. @throws Error when there is none */
  texts(): () => readonly string[] {
    const count = this.number();
    const chars = this.number();
    const lengths = this.#place;
    if (count > this.#numbers.length - lengths) throw new Error('a message that ends before its last number');
    this.#place += count;
    const start = this.#skipText(chars);
    let values: string[] | undefined;
    return () => (values ??= this.#textsAt(start, lengths, count));
  }

  /** @throws Error when not everything was read */
  end(): void {
    const [numbers, chars] = [this.#numbers.length - this.#place, this.#text.length - this.#offset];
    if (numbers > 0 || chars > 0) throw new Error(`a message with ${numbers} numbers and ${chars} characters too many`);
  }

  #skipText(chars: number): number {
    const start = this.#offset;
    if (chars > this.#text.length - start) throw new Error('a message that ends before its last text');
    this.#offset += chars;
    return start;
  }

  #textsAt(start: number, lengths: number, count: number): string[] {
    const values: string[] = [];
    let offset = start;
    for (let index = 0; index < count; index += 1) {
      const end = offset + (this.#numbers[lengths + index] as number);
      values[index] = this.#text.slice(offset, end);
      offset = end;
    }
    return values;
  }
}
