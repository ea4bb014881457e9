/** A node with what is known of its inputs: what rules of operators are written against. */
import { notFollowed } from './not-followed.ts';
import type { GraphNode } from '../onnx/graph-node.ts';
import { isEqual, isOne, ONE, symbolOf, textOf, type Size } from './size.ts';
import { batchAxisOf, isSame, numberOf, tellsBatch, type Traced } from './traced.ts';

/** What an operator makes of its inputs, one for each output. @throws NotFollowed where that cannot be said */
export type Rule = (operation: Operation) => Traced | readonly Traced[];

/** Rules by operator; those of ONNX's own domain by name alone, others as `domain:name`. */
export type Rules = Readonly<Record<string, Rule>>;

/**
 * A node while it is followed; what its methods throw says that a rule cannot go on, and that rows are doubtful from
 * there.
 */
export class Operation {
  /** What is followed. */
  readonly node: GraphNode;
  /** The version of the node's operator set. */
  readonly opset: number;
  /** What is known of them; undefined for an optional one that is left out. */
  readonly inputs: readonly (Traced | undefined)[];
  readonly #symbols: Map<string, Size>;

  /** @param symbols the sizes that have been derived so far, by what they were derived from */
  constructor(node: GraphNode, inputs: readonly (Traced | undefined)[], scope: OperationScope) {
    this.node = node;
    this.inputs = inputs;
    this.opset = scope.opset;
    this.#symbols = scope.symbols;
  }

  /** Whether an input is there. */
  has(index: number): boolean {
    return this.inputs[index] !== undefined;
  }

  /** An input as data: what tells the size of the batch mixes the rows. */
  data(index: number): Traced & { readonly shape: readonly Size[] } {
    const input = this.inputs[index];
    if (input === undefined) throw notFollowed('unknown');
    if (tellsBatch(input)) throw notFollowed('mixes');
    const { shape } = input;
    if (shape === undefined) throw notFollowed('unknown');
    return { ...input, shape };
  }

  /** Of an input as data. */
  shape(index: number): readonly Size[] {
    return this.data(index).shape;
  }

  /** The axis of an input that has the batch; -1 for an input that is the same for all rows. */
  batchAxis(index: number): number {
    return batchAxisOf(this.shape(index));
  }

  /** Refuses inputs that differ between rows, such as weights that were computed from them. */
  requireSame(first: number, last = this.inputs.length - 1): void {
    for (let index = first; index <= last; index += 1) {
      const input = this.inputs[index];
      if (input !== undefined && !isSame({ ...input, taint: undefined })) throw notFollowed('mixes');
    }
  }

  /** Refuses an operator that works along these axes of its first input, when one of them is the batch. */
  requireBatchOff(axes: readonly number[], index = 0): void {
    if (axes.includes(this.batchAxis(index))) throw notFollowed('mixes');
  }

  /** The elements of an input, as far as they are known. */
  values(index: number): readonly (Size | undefined)[] {
    const values = this.inputs[index]?.values;
    if (values === undefined) throw notFollowed('unknown');
    return values;
  }

  /** The elements of an input that is known in full, and the same in every run. */
  numbers(index: number): number[] {
    return this.values(index).map((value) => {
      if (value !== undefined && value.batch > 0) throw notFollowed('mixes');
      const number = numberOf(value);
      if (number === undefined) throw notFollowed('unknown');
      return number;
    });
  }

  /** Numbers that newer operator sets take as an input and older ones as an attribute; undefined where both are missing. */
  axes(name: string, input: number): number[] | undefined {
    return this.has(input) ? this.numbers(input) : this.node.ints(name);
  }

  /** An axis counted from the front. */
  axis(axis: number, rank: number): number {
    const positive = axis < 0 ? axis + rank : axis;
    if (positive < 0 || positive >= rank) throw notFollowed('unknown');
    return positive;
  }

  /** A size that follows from others in a way of its own: the same for the same. */
  derived(...from: readonly (string | number | Size | undefined)[]): Size {
    const parts = from.map((part) => (typeof part === 'object' ? textOf(part) : String(part)));
    if (from.some((part) => typeof part === 'object' && part.batch > 0)) throw notFollowed('mixes');
    const text = parts.join(' ');
    const known = this.#symbols.get(text);
    if (known !== undefined) return known;
    const symbol = symbolOf(`#${this.#symbols.size}`);
    this.#symbols.set(text, symbol);
    return symbol;
  }

  /** A size that only this node makes. */
  own(what: string): Size {
    return this.derived(what, this.node.outputs.join(' '));
  }
}

/** What the nodes of a graph have in common. */
export interface OperationScope {
  /** Version of the operator set. */
  readonly opset: number;
  /** The sizes that have been derived so far, by what they were derived from. */
  readonly symbols: Map<string, Size>;
}

/** The sizes of several inputs that broadcast, by axis. @throws NotFollowed where rows would meet other rows */
export function broadcast(values: readonly Traced[], operation: Operation): { shape: Size[]; outer: Size } {
  const shapes = values.map(({ shape = unknownShape() }) => shape);
  const rank = Math.max(...shapes.map(({ length }) => length));
  const shape = Array.from({ length: rank }, (_, axis) =>
    broadcastSize(
      shapes.flatMap((sizes) => sizes[axis - rank + sizes.length] ?? []),
      operation,
    ),
  );
  const rows = values.filter((value) => (value.shape ?? []).some(({ batch }) => batch > 0));
  const outer = rows[0]?.outer ?? ONE;
  if (rows.some((value) => !isEqual(value.outer, outer))) throw notFollowed('mixes');
  return { shape, outer };
}

function unknownShape(): never {
  throw notFollowed('unknown');
}

function broadcastSize(sizes: readonly Size[], operation: Operation): Size {
  const [first, ...others] = sizes.filter((size) => !isOne(size));
  if (first === undefined) return sizes[0] as Size;
  if (others.every((size) => isEqual(size, first))) return first;
  // A size beside the batch that is not the batch: it would fit one number of rows alone.
  if ([first, ...others].some(({ batch }) => batch > 0)) throw notFollowed('mixes');
  const fixed = [first, ...others].find(({ symbols }) => symbols.length === 0);
  return fixed ?? operation.derived('max', first, ...others);
}
