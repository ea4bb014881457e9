/** What is known of a value of a graph: its shape, which of its axes is the batch, and whether its rows stay apart. */
import type { GraphNode } from '../onnx/graph-node.ts';
import { notFollowed, type Doubt } from './not-followed.ts';
import { isConstant, isEqual, ONE, type Size } from './size.ts';

/** From which node on the rows of a value are not shown to be apart. */
export interface Taint {
  /** What is not shown. */
  readonly doubt: Doubt;
  /** Where it began. */
  readonly node: GraphNode;
}

/** A value of the graph, as far as it was followed. */
export interface Traced {
  /** One axis at most has the batch as a factor: the rows, one behind the other. Undefined where the rank is unknown. */
  readonly shape: readonly Size[] | undefined;
  /** The axis of the batch has size `outer · batch · inner`: it is what a Reshape made of several; 1 for most. */
  readonly outer: Size;
  /** The elements of a small integer tensor, such as a shape; undefined for single ones that are not known. */
  readonly values?: readonly (Size | undefined)[];
  /** Undefined while rows are shown to stay apart. */
  readonly taint?: Taint;
}

/** More axes nobody has; they would only take time. */
export const MAX_RANK = 64;

/** @throws NotFollowed `mixes` for a shape with the batch on two axes */
export function traced(shape: readonly Size[], outer: Size = ONE): Traced {
  if (shape.length > MAX_RANK) throw notFollowed('unknown');
  return { shape, outer: batchAxisOf(shape) < 0 ? ONE : outer };
}

/** A small integer tensor of rank 0 or 1. */
export function tracedValues(values: readonly (Size | undefined)[], shape: readonly Size[]): Traced {
  return { shape, outer: ONE, values };
}

/** A value that is the same in every run, but of which nothing else is known. */
export const SOME_CONSTANT: Traced = { shape: undefined, outer: ONE };

/** The axis that has the batch; -1 where there is none. @throws NotFollowed `mixes` where there are two */
export function batchAxisOf(shape: readonly Size[]): number {
  const axis = shape.findIndex(({ batch }) => batch > 0);
  if (axis >= 0 && shape.some(({ batch }, other) => batch > 1 || (batch > 0 && other !== axis)))
    throw notFollowed('mixes');
  return axis;
}

/** Whether a value has a part for each row. */
export function hasRows({ shape }: Traced): boolean {
  return shape?.some(({ batch }) => batch > 0) === true;
}

/** Whether a value tells how many rows there are. */
export function tellsBatch({ values }: Traced): boolean {
  return values?.some((value) => value !== undefined && value.batch > 0) === true;
}

/** Whether a value is the same in every run, whatever the rows. */
export function isSame(value: Traced): boolean {
  return value.taint === undefined && !hasRows(value) && !tellsBatch(value);
}

/** Whether two shapes have equal sizes, axis by axis. */
export function isSameShape(a: readonly Size[], b: readonly Size[]): boolean {
  return a.length === b.length && a.every((size, axis) => isEqual(size, b[axis] as Size));
}

/** The number, where a value is one. */
export function numberOf(value: Size | undefined): number | undefined {
  return value !== undefined && isConstant(value) ? value.factor : undefined;
}

/** The worse of two taints; the earlier of equals. */
export function worst(a: Taint | undefined, b: Taint | undefined): Taint | undefined {
  return a === undefined || (a.doubt === 'unknown' && b?.doubt === 'mixes') ? (b ?? a) : a;
}
