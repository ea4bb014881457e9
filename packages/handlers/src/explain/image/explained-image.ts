/** An image as the model sees it, and copies of it in which parts are covered. */
import type { TensorSpec } from '../../signature.ts';
import { formatSpec } from '../../tensor/tensor-spec.ts';
import { floatValues } from '../../tensor/tensor-values.ts';
import { createTensor, type Tensor } from '../../tensor/tensor.ts';

/** How the axes of a tensor are those of an image. */
export interface ImageAxes {
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Such as 1 of grey and 3 of colour images. */
  readonly channels: number;
  /** Whether the channels come before the pixels. */
  readonly isPlanar: boolean;
}

/** What covers a part: its own mean colour, that of the whole image, or 0, which is what the model sees as nothing. */
export type Fill = 'segment' | 'mean' | 'zero';

/** How a row had its image, where covered copies must come so, too: in a field, as a list, a tensor or a file. */
export interface ImageForm {
  /** In which of them. */
  readonly kind: 'list' | 'tensor' | 'file';
  /** Of the row. */
  readonly field: string;
}

/** One image. */
export class ExplainedImage {
  /** Undefined where it does not matter. */
  readonly form: ImageForm | undefined;
  /** Its size. */
  readonly axes: ImageAxes;
  /** [channel][pixel], as the model gets them. */
  readonly planes: readonly (readonly number[])[];
  readonly #tensor: Tensor;

  /** @param tensor of one image, with or without a batch axis */
  constructor(tensor: Tensor, axes: ImageAxes, form?: ImageForm) {
    this.form = form;
    const values = floatValues(tensor);
    const { channels, isPlanar } = axes;
    const pixels = axes.width * axes.height;
    this.axes = axes;
    this.#tensor = tensor;
    this.planes = Array.from({ length: channels }, (_, channel) =>
      Array.from(
        { length: pixels },
        (_, pixel) => values[isPlanar ? channel * pixels + pixel : pixel * channels + channel] ?? 0,
      ),
    );
  }

  /** How many there are. */
  get pixels(): number {
    return this.axes.width * this.axes.height;
  }

  /**
   * A copy of the tensor, with a batch axis, in which pixels are covered.
   * @param isCovered of each pixel
   * @param fill the colour of each pixel that is: [channel][pixel]
   */
  covered(isCovered: (pixel: number) => boolean, fill: readonly (readonly number[])[]): Tensor {
    const { channels, isPlanar } = this.axes;
    const { pixels } = this;
    const values = Array.from({ length: channels * pixels }, () => 0);
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      const source = isCovered(pixel) ? fill : this.planes;
      for (let channel = 0; channel < channels; channel += 1)
        values[isPlanar ? channel * pixels + pixel : pixel * channels + channel] = source[channel]?.[pixel] ?? 0;
    }
    const shape = this.#tensor.shape.slice(-3);
    return createTensor(this.#tensor.type, [1, ...shape], this.#rounded(values));
  }

  /** [channel][pixel] @param segments of each pixel the part that it is in, for `segment` */
  fill(kind: Fill, segments: readonly number[]): number[][] {
    if (kind === 'zero') return this.planes.map((plane) => plane.map(() => 0));
    const parts = kind === 'mean' ? segments.map(() => 0) : segments;
    return this.planes.map((plane) => {
      const sums = new Map<number, [sum: number, count: number]>();
      plane.forEach((value, pixel) => {
        const [sum, count] = sums.get(parts[pixel] ?? 0) ?? [0, 0];
        sums.set(parts[pixel] ?? 0, [sum + value, count + 1]);
      });
      return parts.map((part) => {
        const [sum, count] = sums.get(part) ?? [0, 1];
        return sum / count;
      });
    });
  }

  #rounded(values: readonly number[]): readonly number[] {
    return this.#tensor.type.startsWith('float') ? values : values.map(Math.round);
  }
}

/** @param channelsLast what the handler says of it; undefined where it does not @throws Error for an input that takes no images */
export function imageAxes(spec: TensorSpec, shape: readonly number[], channelsLast?: boolean): ImageAxes {
  if (spec.shape.length !== 4 || spec.type === 'string' || shape.length < 3) throw notImages(spec);
  return axesOfShape(shape, channelsLast);
}

/** By the last three axes: the channels are 1 or 3, and come first where that could be. */
export function axesOfShape(shape: readonly number[], channelsLast?: boolean): ImageAxes {
  const [a = 0, b = 0, c = 0] = shape.slice(-3);
  const isChannels = (size: number): boolean => size === 1 || size === 3;
  const isPlanar = channelsLast === undefined ? isChannels(a) || !isChannels(c) : !channelsLast;
  return isPlanar ? { channels: a, height: b, width: c, isPlanar } : { height: a, width: b, channels: c, isPlanar };
}

/** The error for a model that takes something else. */
export function notImages(spec: TensorSpec): Error {
  return new Error(
    `explainer: expected a model with one input of images, of 4 dimensions; got "${spec.name}" ${formatSpec(spec)}. ` +
      'For tables there are kernel_shap, permutation_shap, tree_shap and anchors',
  );
}
