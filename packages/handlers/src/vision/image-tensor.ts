/** Images as a client sends them → the tensor that a vision model takes. */
import { toFloat16Bits } from '../tensor/float16.ts';
import type { TensorSpec } from '../signature.ts';
import { allocateData, type Tensor, type TensorType } from '../tensor/tensor.ts';
import { decodeImage } from './decode-image.ts';
import type { ImageLayout, ImageSettings } from './image-config.ts';
import type { DecodedImage } from './pixels.ts';

/** How bytes become elements: (byte × scale − mean) ÷ std, per channel. */
export interface NormalizeOptions {
  /** One number for all channels. */
  readonly scale: number;
  /** One for each channel, or one for all. */
  readonly mean: readonly number[];
  /** One for each channel, or one for all; none is 0. */
  readonly std: readonly number[];
  /** Order of the tensor's axes. */
  readonly layout: ImageLayout;
  /** Default `float32`; `uint8` takes the bytes as they are. */
  readonly type?: TensorType;
}

/** Decodes, scales, cuts and normalizes one image; the tensor has no batch axis. @throws PredictionError 400 */
export async function imageToTensor(value: unknown, settings: ImageSettings, spec: TensorSpec): Promise<Tensor> {
  const { resize, ...options } = settings;
  const scaling = resize === 'stretch' ? ({ fit: 'fill' } as const) : ({ fit: 'crop', shortSide: resize } as const);
  const image = await decodeImage(value, { ...options, ...scaling });
  return pixelsToTensor(image, { ...settings, type: spec.type });
}

/** Pixels → a tensor of [channels, height, width] or [height, width, channels]. */
export function pixelsToTensor(image: DecodedImage, options: NormalizeOptions): Tensor {
  const { width, height, channels } = image;
  const { layout, type = 'float32' } = options;
  const shape = layout === 'nchw' ? [channels, height, width] : [height, width, channels];
  const data = allocateData(type, image.data.length) as Float32Array;
  const [pixelStep, channelStep] = layout === 'nchw' ? [1, width * height] : [channels, 1];
  for (let channel = 0; channel < channels; channel += 1) {
    const values = valueTable(options, channel);
    let target = channel * channelStep;
    for (let source = channel; source < image.data.length; source += channels) {
      data[target] = values[image.data[source] as number] as number;
      target += pixelStep;
    }
  }
  return { type, shape, data };
}

/** What each of the 256 byte values becomes in a channel, as elements of the tensor's type. */
function valueTable({ scale, mean, std, type = 'float32' }: NormalizeOptions, channel: number): ArrayLike<number> {
  const values: number[] = [];
  const [shift = 0, divisor = 1] = [mean[channel], std[channel]];
  for (let byte = 0; byte < 256; byte += 1) {
    if (type === 'uint8') values.push(byte);
    else if (type === 'int8') values.push(byte - 128);
    else values.push((byte * scale - shift) / divisor);
  }
  return type === 'float16' ? toFloat16Bits(values) : values;
}
