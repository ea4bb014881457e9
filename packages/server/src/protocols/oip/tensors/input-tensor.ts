/** An input as a request describes it. */
import type { PredictionError } from '@marserve/handlers/prediction-error';
import { badRequest, shown } from '../../bad-request.ts';
import { isShape, MAX_AXES } from '../../tensors/shape.ts';
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

/** `FP32 [2, 3]` */
export function headText({ datatype, shape }: TensorHead): string {
  return `${datatype} [${shape.join(', ')}]`;
}

/** What is wrong with an input. */
export function inputProblem(head: TensorHead, problem: string): PredictionError {
  return badRequest(`Input "${head.name}": expected ${headText(head)}, ${problem}`);
}
