/** An input as a request describes it, and what became of its content. */
import type { Tensor } from '@marserve/handlers';
import { PredictionError } from '@marserve/handlers/prediction-error';
import { DATATYPES, isDatatype, type Datatype } from './datatypes.ts';

/** What a request says of a tensor, beside its content. */
export interface TensorHead {
  /** As the client calls it. */
  readonly name: string;
  /** Of its elements. */
  readonly datatype: Datatype;
  /** Sizes of its axes. */
  readonly shape: readonly number[];
}

/** Elements of BYTES as they came: they need not be text. */
export interface ByteElements {
  /** Sizes of the axes. */
  readonly shape: readonly number[];
  /** The last axis running fastest. */
  readonly elements: readonly Buffer[];
}

/** An input with its content. */
export interface InputTensor {
  /** As the client calls it. */
  readonly name: string;
  /** Checked against its head. */
  readonly content: Tensor | ByteElements;
}

const MAX_AXES = 64;

/** What a client says of a tensor, checked. @throws PredictionError 400 that names the tensor, what was expected and what came */
export function checkHead(given: Readonly<Record<keyof TensorHead, unknown>>, place: string): TensorHead {
  const { name, datatype, shape } = given;
  if (typeof name !== 'string' || name === '') throw badRequest(`${place}: expected a "name", got ${shown(name)}`);
  if (!isDatatype(datatype)) {
    throw badRequest(`Input "${name}": expected a "datatype" of ${DATATYPES.join(', ')}; got ${shown(datatype)}`);
  }
  if (!isShape(shape)) {
    const expected = `a "shape" of ${MAX_AXES} sizes at most, which are integers from 0 on`;
    throw badRequest(`Input "${name}": expected ${expected}; got ${shown(shape)}`);
  }
  return { name, datatype, shape };
}

function isShape(given: unknown): given is number[] {
  if (!Array.isArray(given) || given.length > MAX_AXES) return false;
  if (!given.every((size) => Number.isSafeInteger(size) && Number(size) >= 0)) return false;
  return Number.isSafeInteger(countOf(given as number[]));
}

/** How many elements a shape has; an empty one has one. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** `FP32 [2, 3]` */
export function headText({ datatype, shape }: TensorHead): string {
  return `${datatype} [${shape.join(', ')}]`;
}

/** What is wrong with an input. */
export function inputProblem(head: TensorHead, problem: string): PredictionError {
  return badRequest(`Input "${head.name}": expected ${headText(head)}, ${problem}`);
}

/** An error that is answered with status 400. */
export function badRequest(message: string): PredictionError {
  return new PredictionError(message, 400);
}

const MAX_SHOWN_CHARS = 60;

/** A value as a message shows it, cut short. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length > 20 ? `a list of ${value.length}` : cut(listText(value));
  if (typeof value === 'object' && value !== null) return 'an object';
  return cut(typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? typeof value));
}

function listText(list: readonly unknown[]): string {
  return `[${list.map((each) => (typeof each === 'object' ? '…' : shown(each))).join(', ')}]`;
}

function cut(text: string): string {
  return text.length <= MAX_SHOWN_CHARS ? text : `${text.slice(0, MAX_SHOWN_CHARS)}…`;
}
