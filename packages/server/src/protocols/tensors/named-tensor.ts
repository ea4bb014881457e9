/** Tensors by their names, as requests and answers have them. */
import type { Tensor } from '@marserve/handlers';

/** Elements that are bytes, as they came: they need not be text. */
export interface ByteElements {
  /** Sizes of the axes. */
  readonly shape: readonly number[];
  /** The last axis running fastest. */
  readonly elements: readonly Buffer[];
}

/** A tensor with its name. */
export interface NamedTensor {
  /** As the client calls it, or the model or the handler. */
  readonly name: string;
  /** Its elements. */
  readonly content: Tensor | ByteElements;
}

/** Whether it came as elements that are bytes. */
export function isElements(content: NamedTensor['content']): content is ByteElements {
  return 'elements' in content;
}
