/** Sums of products by letters: rows stay apart where the batch has one letter, and the result has it. */
import { notFollowed } from '../not-followed.ts';
import { type Operation, type Rule, type Rules } from '../operation.ts';
import { isEqual, isOne, type Size } from '../size.ts';
import { hasRows, traced } from '../traced.ts';

/** Letters that both have must agree; the batch's may not be summed, nor stand for two axes. */
const einsum: Rule = (operation) => {
  const { terms, result } = equationOf(operation);
  const sizes = new Map<string, Size>();
  let outer: Size | undefined;
  terms.forEach((letters, index) => {
    const input = operation.data(index);
    // A diagonal.
    if (input.shape.length !== letters.length || new Set(letters).size !== letters.length) throw notFollowed('mixes');
    if (hasRows(input) && !isEqual((outer ??= input.outer), input.outer)) throw notFollowed('mixes');
    input.shape.forEach((size, axis) => addSize(sizes, letters[axis] as string, size));
  });
  const shape = result.map((letter) => sizes.get(letter) ?? unknownLetter());
  const isSummed = [...sizes].some(([letter, size]) => size.batch > 0 && !result.includes(letter));
  if (isSummed) throw notFollowed('mixes');
  return traced(shape, outer);
};

interface Equation {
  /** The letters of each input's axes. */
  readonly terms: readonly (readonly string[])[];
  readonly result: readonly string[];
}

/** `...` stands for axes that are aligned at their ends; a missing right side for all letters that come once. */
function equationOf(operation: Operation): Equation {
  const equation = (operation.node.string('equation') ?? '').replaceAll(' ', '');
  const [left = '', right = implicitResult(left)] = equation.split('->');
  const terms = left.split(',');
  if (![...terms, right].every((term) => /^[a-zA-Z]*(\.{3})?[a-zA-Z]*$/.test(term))) throw notFollowed('mixes');
  const hidden = terms.map((term, index) =>
    term.includes('...') ? operation.shape(index).length - (term.length - '...'.length) : 0,
  );
  const most = Math.max(...hidden);
  const lettersOf = (term: string, count: number): string[] => {
    const [before = '', after = ''] = term.split('...');
    const dots = term.includes('...') ? Array.from({ length: count }, (_, axis) => `.${axis + most - count}`) : [];
    return [...lettersIn(before), ...dots, ...lettersIn(after)];
  };
  return { terms: terms.map((term, index) => lettersOf(term, hidden[index] ?? 0)), result: lettersOf(right, most) };
}

/** Of a text that has nothing else. */
function lettersIn(text: string): string[] {
  return text.split('');
}

function implicitResult(left: string): string {
  const letters = left.replace(/[^a-zA-Z]/g, '');
  const once = lettersIn(letters).filter((letter) => letters.split(letter).length === 2);
  return (left.includes('...') ? '...' : '') + once.sort().join('');
}

function addSize(sizes: Map<string, Size>, letter: string, size: Size): void {
  const known = sizes.get(letter);
  if (known === undefined || isOne(known)) sizes.set(letter, size);
  else if (known.batch !== size.batch && !isOne(size)) throw notFollowed('mixes');
}

function unknownLetter(): never {
  throw notFollowed('unknown');
}

/** By operator. */
export const EINSUM_RULES: Rules = { Einsum: einsum };
