/** What `image_classifier` tells explainers beside its stages. */
import type { NamedTensors } from '../../tensor/tensor.ts';
import type { Scores } from '../scores.ts';

/** Where it tells that; found as well in a handler with its own copy of this package. */
export const IMAGE_FACTS: unique symbol = Symbol.for('marserve.imageFacts');

/** What it tells. */
export interface ImageFacts {
  /** Whether channels come behind the pixels. */
  readonly channelsLast: boolean;
  /** Of all classes, where its answer has some alone. */
  scoresOf(outputs: NamedTensors): Scores;
  /** A value of the tensor as a byte of the image. */
  byteOf(value: number, channel: number): number;
  /** Whether the first channel is blue. */
  readonly isBgr: boolean;
}
