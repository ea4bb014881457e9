/**
 * Sizes of axes as products: `3 · batch · seq`. The batch is the number of rows that go through the model together; every
 * other symbol has one and the same value for all rows that are ever merged.
 */

import { notFollowed } from './not-followed.ts';

/** The product `factor · batch^n · symbols`. */
export interface Size {
  /** The number in front; also of a constant, which may be negative where it is a value and no size. */
  readonly factor: number;
  /** How often the batch is a factor; above 1 for what depends on it in another way, too. */
  readonly batch: number;
  /** Sorted. */
  readonly symbols: readonly string[];
}

const NO_SYMBOLS: readonly string[] = [];

/** The size of an axis that is broadcast. */
export const ONE: Size = sizeOf(1);
/** The number of rows. */
export const BATCH: Size = { factor: 1, batch: 1, symbols: NO_SYMBOLS };

/** A size that is a number. */
export function sizeOf(factor: number): Size {
  return { factor, batch: 0, symbols: NO_SYMBOLS };
}

/** The size that an expression stands for; the same text is the same size. */
export function symbolOf(text: string): Size {
  return { factor: 1, batch: 0, symbols: [text] };
}

/** Whether it is a number. */
export function isConstant(size: Size): boolean {
  return size.batch === 0 && size.symbols.length === 0;
}

/** Whether it is 1. */
export function isOne(size: Size): boolean {
  return size.factor === 1 && isConstant(size);
}

/** Whether two sizes are the same for all batches and all values of the symbols. */
export function isEqual(a: Size, b: Size): boolean {
  return a.factor === b.factor && isAlike(a, b);
}

/** Whether two sizes differ in their factors alone. */
export function isAlike(a: Size, b: Size): boolean {
  return (
    a.batch === b.batch &&
    a.symbols.length === b.symbols.length &&
    a.symbols.every((symbol, index) => symbol === b.symbols[index])
  );
}

/** More factors have no shape that anybody exports. */
const MAX_SYMBOLS = 32;

/** @throws NotFollowed for a product of very many symbols */
export function multiply(a: Size, b: Size): Size {
  if (a.factor === 0 || b.factor === 0) return sizeOf(0);
  if (a.symbols.length + b.symbols.length > MAX_SYMBOLS) throw notFollowed('unknown');
  const symbols =
    a.symbols.length === 0 ? b.symbols : b.symbols.length === 0 ? a.symbols : [...a.symbols, ...b.symbols].sort();
  return { factor: a.factor * b.factor, batch: a.batch + b.batch, symbols };
}

/** All of them multiplied; 1 for none. */
export function product(sizes: readonly Size[]): Size {
  return sizes.reduce(multiply, ONE);
}

/** Undefined where the quotient is no product of the same kind. */
export function divide(a: Size, b: Size): Size | undefined {
  if (b.factor === 0 || a.factor % b.factor !== 0 || a.batch < b.batch) return undefined;
  const symbols = [...a.symbols];
  for (const symbol of b.symbols) {
    const index = symbols.indexOf(symbol);
    if (index < 0) return undefined;
    symbols.splice(index, 1);
  }
  return { factor: a.factor / b.factor, batch: a.batch - b.batch, symbols };
}

/** For messages: `2·batch·height`. */
export function textOf({ factor, batch, symbols }: Size): string {
  return [factor, ...Array.from({ length: Math.min(batch, 2) }, () => 'batch'), ...symbols].join('·');
}
