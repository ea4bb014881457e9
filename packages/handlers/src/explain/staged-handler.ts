/** Handlers made of stages, of which explainers run the middle alone. */
import type { HandlerContext, Row, RowResult } from '../handler.ts';
import type { ModelSignature } from '../signature.ts';
import type { NamedTensors, Tensor } from '../tensor/tensor.ts';

/** Where `BaseHandler` has the model's signature for explainers; found as well in a handler with its own copy of this package. */
export const MODEL_SIGNATURE: unique symbol = Symbol.for('marserve.modelSignature');

/** What explainers need of `BaseHandler`. */
export interface StagedHandler {
  /** The inputs and outputs of the loaded model. */
  readonly [MODEL_SIGNATURE]: ModelSignature;
  /** Rows → inputs of the model. */
  preprocess(rows: Row[], context: HandlerContext): StageResults<Tensor | NamedTensors>;
  /** Inputs → outputs. */
  inference(inputs: (Tensor | NamedTensors)[], context: HandlerContext): StageResults<NamedTensors>;
  /** Outputs → results. */
  postprocess(outputs: NamedTensors[], context: HandlerContext): StageResults<RowResult>;
}

/** One entry for each row; an Error for one that failed. */
type StageResults<T> = (T | Error)[] | Promise<(T | Error)[]>;

/** Whether a handler is one, by its own class or a copy of it. */
export function isStaged(handler: unknown): handler is StagedHandler {
  return typeof handler === 'object' && handler !== null && MODEL_SIGNATURE in handler;
}
