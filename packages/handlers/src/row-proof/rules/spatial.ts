/** Operators on images and signals `[batch, channels, …]`. */
import { notFollowed } from '../not-followed.ts';
import { type Operation, type Rule, type Rules } from '../operation.ts';
import { isEqual, ONE, sizeOf, type Size } from '../size.ts';
import { numberOf, traced, type Traced } from '../traced.ts';

/** Rows on the first axis, and the same weights for all. */
function image(operation: Operation, index = 0): { shape: readonly Size[]; outer: Size } {
  const { shape, outer } = operation.data(index);
  if (operation.batchAxis(index) > 0) throw notFollowed('mixes');
  return { shape, outer };
}

interface Window {
  readonly kernel: readonly Size[];
  readonly channels: Size;
}

/** What windows over an image make of its size; known for sizes that are. */
function windowed(operation: Operation, index: number, { kernel, channels }: Window): Traced {
  const { shape, outer } = image(operation, index);
  const { node } = operation;
  const [strides, pads, dilations] = ['strides', 'pads', 'dilations'].map((name) => node.ints(name));
  const rank = shape.length - 2;
  const auto = node.string('auto_pad') ?? 'NOTSET';
  const sizes = shape.slice(2).map((size, axis) => {
    const places = {
      kernel: kernel[axis],
      stride: strides?.[axis] ?? 1,
      pads: (pads?.[axis] ?? 0) + (pads?.[axis + rank] ?? 0),
      dilation: dilations?.[axis] ?? 1,
    };
    const known = auto === 'NOTSET' && node.int('ceil_mode', 0) === 0 ? windowCount(size, places) : undefined;
    const { stride, pads: padding, dilation } = places;
    return (
      known ??
      operation.derived('window', size, places.kernel, stride, padding, dilation, auto, node.int('ceil_mode', 0))
    );
  });
  return traced([shape[0] ?? ONE, channels, ...sizes], outer);
}

interface WindowPlaces {
  readonly kernel: Size | undefined;
  readonly stride: number;
  readonly pads: number;
  readonly dilation: number;
}

function windowCount(size: Size, { kernel, stride, pads, dilation }: WindowPlaces): Size | undefined {
  const [length, width] = [numberOf(size), numberOf(kernel)];
  if (length === undefined || width === undefined) return undefined;
  return sizeOf(Math.floor((length + pads - dilation * (width - 1) - 1) / stride) + 1);
}

/** @param weight which input the weights are; all after it are the same for all rows, too */
const conv =
  (weight = 1, from = 1): Rule =>
  (operation) => {
    operation.requireSame(from);
    const weights = operation.shape(weight);
    const kernel = operation.node.ints('kernel_shape')?.map(sizeOf) ?? weights.slice(2);
    return windowed(operation, 0, { kernel, channels: weights[0] ?? ONE });
  };

const convTranspose: Rule = (operation) => {
  operation.requireSame(1);
  const { shape, outer } = image(operation);
  const perGroup = numberOf(operation.shape(1)[1]);
  const channels =
    perGroup === undefined ? operation.own('channels') : sizeOf(perGroup * operation.node.int('group', 1));
  return traced([shape[0] ?? ONE, channels, ...unknownSizes(operation, shape)], outer);
};

function unknownSizes(operation: Operation, shape: readonly Size[]): Size[] {
  return shape.slice(2).map((_, axis) => operation.own(`size ${axis}`));
}

/** The second output of MaxPool counts places from the first row on. */
const pool: Rule = (operation) => {
  const shape = operation.shape(0);
  operation.requireSame(1);
  refuseChannelsLast(operation);
  const kernel = (operation.node.ints('kernel_shape') ?? []).map(sizeOf);
  if ((operation.node.outputs[1] ?? '') !== '') throw notFollowed('mixes');
  return windowed(operation, 0, { kernel, channels: shape[1] ?? ONE });
};

/** Of quantized operators, whose axes then have another order. */
function refuseChannelsLast({ node }: Operation): void {
  if (node.int('channels_last', 0) !== 0) throw notFollowed('mixes');
}

const globalPool: Rule = (operation) => {
  operation.requireSame(1);
  refuseChannelsLast(operation);
  const { shape, outer } = image(operation);
  return traced([shape[0] ?? ONE, shape[1] ?? ONE, ...shape.slice(2).map(() => ONE)], outer);
};

/** Sizes or scales are inputs, those of the batch among them. */
const resize: Rule = (operation) => {
  const { shape, outer } = operation.data(0);
  const batch = operation.batchAxis(0);
  const axes = operation.node.ints('axes')?.map((axis) => operation.axis(axis, shape.length));
  // It may cut along any axis.
  if (operation.node.string('coordinate_transformation_mode') === 'tf_crop_and_resize') throw notFollowed('mixes');
  requireSameExtent(operation, axes);
  if (axes?.includes(batch) === false) return traced(resized(operation, shape, axes), outer);
  const isScaled = operation.inputs.length < 4 || !operation.has(3);
  if (batch > 0 || (!isScaled && !keepsBatch(operation, shape[0]))) throw notFollowed('unknown');
  if (isScaled && batch === 0 && !isUnscaled(operation)) throw notFollowed('unknown');
  return traced(resized(operation, shape), outer);
};

/** Refuses scales and sizes that differ between rows, or tell the batch elsewhere than on its own axis. */
function requireSameExtent(operation: Operation, axes: readonly number[] | undefined): void {
  operation.requireSame(1, 2);
  const sizes = operation.inputs[3]?.values;
  if (sizes === undefined || axes !== undefined) operation.requireSame(3);
  if (sizes?.slice(1).some((size) => size !== undefined && size.batch > 0)) throw notFollowed('mixes');
  // One scale for all axes, the batch among them.
  const policy = operation.node.string('keep_aspect_ratio_policy') ?? 'stretch';
  if (axes === undefined && policy !== 'stretch') throw notFollowed('mixes');
}

/** Whether the first of the sizes is that of the batch. */
function keepsBatch(operation: Operation, batch: Size | undefined): boolean {
  const size = operation.inputs[3]?.values?.[0];
  return size !== undefined && batch !== undefined && isEqual(size, batch);
}

/** Whether the first of the scales is 1. */
function isUnscaled({ inputs, opset }: Operation): boolean {
  return numberOf(inputs[opset < 11 ? 1 : 2]?.values?.[0]) === 1;
}

/** A size of its own on each axis that may change. */
function resized(operation: Operation, shape: readonly Size[], axes?: readonly number[]): Size[] {
  return shape.map((size, axis) =>
    (axes === undefined ? axis === 0 : !axes.includes(axis)) ? size : operation.own(`size ${axis}`),
  );
}

const gridSample: Rule = (operation) => {
  const { shape, outer } = image(operation);
  if (operation.batchAxis(1) !== 0 || !isEqual(operation.data(1).outer, outer)) throw notFollowed('mixes');
  return traced([shape[0] ?? ONE, shape[1] ?? ONE, ...operation.shape(1).slice(1, -1)], outer);
};

/** By operator. */
export const SPATIAL_RULES: Rules = {
  Conv: conv(),
  ConvInteger: conv(),
  QLinearConv: conv(3),
  ConvTranspose: convTranspose,
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  GlobalLpPool: globalPool,
  Resize: resize,
  Upsample: resize,
  GridSample: gridSample,
  'com.microsoft:QLinearAveragePool': pool,
  'com.microsoft:QLinearGlobalAveragePool': globalPool,
};
