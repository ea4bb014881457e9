/** How images become tensors: the keys of a model's YAML file, their defaults from the model's own input. */
import { integer, number, oneOf, oneOrMore, type ConfigReader, type ConfigReaders } from '../model-config.ts';
import type { Dimension, TensorSpec } from '../signature.ts';
import { formatSpec } from '../tensor/tensor-spec.ts';
import type { ImageChannels } from './channels.ts';
import type { ImageColour, ImageOrientation } from './decode-pixels.ts';
import { RESAMPLE_FILTERS, type ResampleFilter } from './resample/filters.ts';

/** The order of a tensor's axes: channels before or behind the pixels. */
export type ImageLayout = 'nchw' | 'nhwc';

/** The section `image`; everything may be left out. */
export interface ImageConfig {
  /**
   * Length of the shorter side before the centre is cut out, or `stretch` for the whole image, whatever its proportions. By
   * default `size` × 256/224 for squares in colour, else `stretch`. `pillow-bicubic` is `stretch` with the filter `bicubic`.
   */
  readonly resize?: number | 'stretch' | 'pillow-bicubic';
  /** Side of the square that is cut out, or [height, width]; by default the model's own, else 224. */
  readonly size?: readonly number[];
  /** Subtracted after scaling, per channel or once for all; ImageNet's for colour, 0 for grey. */
  readonly mean?: readonly number[];
  /** Divided by after that; ImageNet's for colour, 1 for grey. */
  readonly std?: readonly number[];
  /** By default `grey` when the model takes one channel, else `rgb`. */
  readonly channels?: ImageChannels;
  /** By default what the model's input looks like, else `nchw`. */
  readonly layout?: ImageLayout;
  /** What the bytes 0..255 are multiplied by; 1/255 by default. */
  readonly scale?: number;
  /** Default `bilinear`. */
  readonly filter?: ResampleFilter;
  /** Whose arithmetic scales images. There is only Pillow's; the key lets a configuration say so. */
  readonly resample?: 'pillow';
  /** Default `plain`: profiles are ignored. */
  readonly colour?: ImageColour;
  /** The same as `colour`. */
  readonly color?: ImageColour;
  /** Default `upright`, as the EXIF orientation says. */
  readonly orientation?: ImageOrientation;
  /** Default 100 million. */
  readonly maxPixels?: number;
}

/** Every key decided. */
export interface ImageSettings extends Required<
  Omit<ImageConfig, 'size' | 'maxPixels' | 'color' | 'resample' | 'resize'>
> {
  /** See `ImageConfig`. */
  readonly resize: number | 'stretch';
  /** Of the tensor, in pixels. */
  readonly width: number;
  /** Of the tensor, in pixels. */
  readonly height: number;
  /** Images of more are refused; `decodeImage`'s own bound when undefined. */
  readonly maxPixels?: number;
}

const IMAGENET_MEAN = [0.485, 0.456, 0.406];
const IMAGENET_STD = [0.229, 0.224, 0.225];

const size: ConfigReader<number[]> = (value, key) => oneOrMore(integer(1))(value, key);

const notZero: ConfigReader<number> = (value, key) => {
  const divisor = number(value, key);
  if (divisor === 0) throw new Error(`Model config: ${key} must not be 0`);
  return divisor;
};

/** What Pillow's `resize(size)` does where it is given no filter. */
const PILLOW_RESIZE = 'pillow-bicubic';

/** How each key is read. */
export const imageConfigReaders: ConfigReaders<ImageConfig> = {
  resize: (value, key) => (value === 'stretch' || value === PILLOW_RESIZE ? value : integer(1)(value, key)),
  size,
  mean: oneOrMore(number),
  std: oneOrMore(notZero),
  channels: oneOf('rgb', 'bgr', 'grey'),
  layout: oneOf('nchw', 'nhwc'),
  scale: number,
  filter: oneOf(...RESAMPLE_FILTERS),
  resample: oneOf('pillow'),
  colour: oneOf('plain', 'managed'),
  color: oneOf('plain', 'managed'),
  orientation: oneOf('upright', 'stored'),
  maxPixels: integer(1),
};

/**
 * @param section name of the section, for messages
 * @throws Error for settings that do not fit together or do not fit the model's input
 */
export function imageSettings(config: ImageConfig, spec: TensorSpec, section: string): ImageSettings {
  const layout = config.layout ?? layoutOf(spec);
  const shape = axesOf(spec, layout);
  const channels = config.channels ?? (shape.channels === 1 ? 'grey' : 'rgb');
  const isGrey = channels === 'grey';
  const [
    height = fixed(shape.height) ?? 224,
    width = config.size === undefined ? (fixed(shape.width) ?? height) : height,
  ] = config.size ?? [];
  const settings = {
    ...config,
    layout,
    channels,
    width,
    height,
    resize: resizeOf(config) ?? (isGrey || width !== height ? 'stretch' : Math.round((width * 256) / 224)),
    mean: perChannel(config.mean ?? (isGrey ? [0] : ordered(IMAGENET_MEAN, channels)), `${section}.mean`, channels),
    std: perChannel(config.std ?? (isGrey ? [1] : ordered(IMAGENET_STD, channels)), `${section}.std`, channels),
    scale: config.scale ?? 1 / 255,
    filter: filterOf(config, section),
    colour: colourOf(config, section),
    orientation: config.orientation ?? 'upright',
  };
  return checked(settings, shape, { spec, section });
}

function resizeOf({ resize }: ImageConfig): ImageSettings['resize'] | undefined {
  return resize === PILLOW_RESIZE ? 'stretch' : resize;
}

function filterOf({ resize, filter }: ImageConfig, section: string): ResampleFilter {
  if (resize !== PILLOW_RESIZE) return filter ?? 'bilinear';
  if (filter === undefined || filter === 'bicubic' || filter === 'cubic') return 'bicubic';
  throw new Error(`Model config: ${section}.resize is ${PILLOW_RESIZE}, and ${section}.filter "${filter}"`);
}

function colourOf({ colour, color }: ImageConfig, section: string): ImageColour {
  if (colour === undefined || color === undefined || colour === color) return colour ?? color ?? 'plain';
  throw new Error(
    `Model config: ${section}.color and ${section}.colour are the same key, got "${color}" and "${colour}"`,
  );
}

function layoutOf({ shape }: TensorSpec): ImageLayout {
  const isChannels = (dim: Dimension | undefined): boolean => dim === 1 || dim === 3;
  return isChannels(shape.at(-1)) && !isChannels(shape.at(-3)) ? 'nhwc' : 'nchw';
}

interface ImageAxes {
  readonly channels?: Dimension;
  readonly height?: Dimension;
  readonly width?: Dimension;
}

function axesOf(spec: TensorSpec, layout: ImageLayout): ImageAxes {
  const [a, b, c] = spec.shape.slice(-3);
  if (spec.shape.length !== 4) {
    throw new Error(`Expected a model whose input takes images, of 4 dimensions; got ${formatSpec(spec)}`);
  }
  return layout === 'nchw' ? { channels: a, height: b, width: c } : { height: a, width: b, channels: c };
}

function fixed(dim: Dimension | undefined): number | undefined {
  return typeof dim === 'number' && dim > 0 ? dim : undefined;
}

function ordered(values: readonly number[], channels: ImageChannels): readonly number[] {
  return channels === 'bgr' ? [...values].reverse() : values;
}

function perChannel(values: readonly number[], key: string, channels: ImageChannels): number[] {
  const count = channels === 'grey' ? 1 : 3;
  const [first = 0] = values;
  if (values.length === count) return [...values];
  if (values.length === 1) return Array.from({ length: count }, () => first);
  throw new Error(`Model config: ${key} must be 1 number or ${count} for ${channels}, got ${values.length}`);
}

function checked(
  settings: ImageSettings,
  shape: ImageAxes,
  about: { spec: TensorSpec; section: string },
): ImageSettings {
  const { spec, section } = about;
  const { width, height, resize, channels } = settings;
  const actual = { channels: channels === 'grey' ? 1 : 3, height, width };
  for (const axis of ['channels', 'height', 'width'] as const) {
    const expected = fixed(shape[axis]);
    if (expected === undefined || expected === actual[axis]) continue;
    const got = `${actual[axis]} ${axis === 'channels' ? `channels (${channels})` : `pixels of ${axis}`}`;
    throw new Error(`Model config: ${section} gives images of ${got}, but the model's input is ${formatSpec(spec)}`);
  }
  if (resize !== 'stretch' && resize < Math.max(width, height)) {
    throw new Error(`Model config: ${section}.resize must be at least the size, got ${resize}`);
  }
  return settings;
}
