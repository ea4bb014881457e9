/**
 * The two passes of a resampling, each rounded to bytes. The sums are made by WebAssembly, five times as fast as by
 * JavaScript; an image goes through its memory line by line, so that it stays small.
 */
import type { DecodedImage } from '../pixels.ts';
import type { AxisWeights } from './axis-weights.ts';
import { kernelsWith, type Kernels } from './kernels.ts';

/** Makes each line narrower or wider, then all of them fewer or more. */
export function columnsFirst(image: DecodedImage, columns: AxisWeights, rows: AxisWeights): Uint8Array {
  const { data, width, height, channels } = image;
  const used = { columns: extentOf(columns, width), rows: extentOf(rows, height) };
  const stride = columns.first.length * channels;
  // A pair may have a line beyond the last one.
  const scratch = {
    source: (used.columns.end - used.columns.begin) * channels,
    lines: (used.rows.end - used.rows.begin + 1) * stride,
  };
  const work = prepare({ columns, rows, channels, firstColumn: used.columns.begin }, scratch);
  let line = work.places.lines;
  for (let row = used.rows.begin; row < used.rows.end; row += 1, line += stride) {
    const start = row * width;
    const pixels = data.subarray((start + used.columns.begin) * channels, (start + used.columns.end) * channels);
    work.memory.set(pixels, work.places.source);
    makeColumns(work, work.places.source, line);
  }
  eachRow(work, rows, ({ first, ...row }) => {
    makeRow(work, { ...row, source: work.places.lines + (first - used.rows.begin) * stride, stride });
  });
  return resultOf(work);
}

/** The other way round. */
export function rowsFirst(image: DecodedImage, columns: AxisWeights, rows: AxisWeights): Uint8Array {
  const stride = image.width * image.channels;
  const mostPairs = rows.pairs.reduce((left, right) => Math.max(left, right), 0);
  const scratch = { source: mostPairs * 2 * stride, lines: stride };
  const work = prepare({ columns, rows, channels: image.channels, firstColumn: 0 }, scratch);
  const { source, lines } = work.places;
  eachRow(work, rows, ({ first, target, ...row }) => {
    work.memory.set(image.data.subarray(first * stride, (first + row.pairs * 2) * stride), source);
    makeRow(work, { ...row, source, stride, target: lines, bytes: stride });
    makeColumns(work, lines, target);
  });
  return resultOf(work);
}

interface Extent {
  readonly begin: number;
  readonly end: number;
}

/** The pixels of a line of `length` that others are made of. */
function extentOf({ first, pairs }: AxisWeights, length: number): Extent {
  return { begin: first[0] ?? 0, end: Math.min((first.at(-1) ?? 0) + (pairs.at(-1) ?? 0) * 2, length) };
}

interface Tables {
  readonly columns: AxisWeights;
  readonly rows: AxisWeights;
  readonly channels: number;
  /** Where lines begin in the memory. */
  readonly firstColumn: number;
}

/** The kernels, and where things are in their memory. */
interface Work {
  readonly kernels: Kernels;
  readonly memory: Uint8Array;
  readonly channels: number;
  /** Bytes of a line of the result. */
  readonly stride: number;
  /** Bytes of the result. */
  readonly size: number;
  readonly places: Readonly<
    Record<'source' | 'lines' | 'spans' | 'columns' | 'rows' | 'shuffle' | 'target' | 'end', number>
  >;
}

/** @param scratch bytes for the lines before and between the passes */
function prepare(
  { columns, rows, channels, firstColumn }: Tables,
  scratch: { readonly source: number; readonly lines: number },
): Work {
  const spans = spansOf(columns, firstColumn, channels);
  const stride = columns.first.length * channels;
  const size = rows.first.length * stride;
  const places = placesOf({
    ...scratch,
    spans: spans.byteLength,
    columns: columns.weights.byteLength,
    rows: rows.weights.byteLength,
    shuffle: 16,
    target: size,
  });
  const kernels = kernelsWith(places.end);
  const memory = new Uint8Array(kernels.memory.buffer);
  memory.set(new Uint8Array(spans.buffer), places.spans);
  memory.set(new Uint8Array(columns.weights.buffer), places.columns);
  memory.set(new Uint8Array(rows.weights.buffer), places.rows);
  memory.set(shuffleOf(channels), places.shuffle);
  return { kernels, memory, channels, stride, size, places };
}

/** What the kernel for columns reads: for each pixel where its first source begins, in bytes, and its number of pairs. */
function spansOf({ first, pairs }: AxisWeights, firstColumn: number, channels: number): Int32Array {
  const spans = new Int32Array(first.length * 2);
  for (let index = 0; index < first.length; index += 1) {
    spans[index * 2] = ((first[index] ?? 0) - firstColumn) * channels;
    spans[index * 2 + 1] = pairs[index] ?? 0;
  }
  return spans;
}

/** For each channel: its byte of a pixel and of the next one, as 16-bit numbers; 0x80 stands for 0. */
function shuffleOf(channels: number): number[] {
  return Array.from({ length: 16 }, (_, index) => {
    const channel = index >> 2;
    if (channel >= channels || index % 2 === 1) return 0x80;
    return index % 4 === 0 ? channel : channel + channels;
  });
}

/** Kernels read and write up to eight bytes beyond a part. */
const SLACK = 8;

function placesOf(sizes: Readonly<Record<Exclude<keyof Work['places'], 'end'>, number>>): Work['places'] {
  let end = 0;
  const place = (size: number): number => {
    const start = end;
    end = Math.ceil((start + size + SLACK) / 16) * 16;
    return start;
  };
  const parts = {
    source: place(sizes.source),
    lines: place(sizes.lines),
    spans: place(sizes.spans),
    columns: place(sizes.columns),
    rows: place(sizes.rows),
    shuffle: place(sizes.shuffle),
    target: place(sizes.target),
  };
  return { ...parts, end };
}

function makeColumns({ kernels, channels, stride, places }: Work, source: number, target: number): void {
  kernels.horizontal(source, places.spans, places.columns, places.shuffle, channels, target, target + stride);
}

/** A row of the result: of which rows it is made, and where it goes. */
interface Row {
  readonly first: number;
  readonly pairs: number;
  /** Address of the weights. */
  readonly weights: number;
  readonly target: number;
  readonly bytes: number;
}

function eachRow({ places, stride }: Work, { first, pairs }: AxisWeights, make: (row: Row) => void): void {
  let { target, rows: weights } = places;
  for (let row = 0; row < first.length; row += 1) {
    const count = pairs[row] ?? 0;
    make({ first: first[row] ?? 0, pairs: count, weights, target, bytes: stride });
    target += stride;
    weights += count * 8;
  }
}

function makeRow(
  { kernels }: Work,
  row: Omit<Row, 'first'> & { readonly source: number; readonly stride: number },
): void {
  const { source, stride, pairs, weights, target, bytes } = row;
  kernels.vertical(source, stride, pairs, weights, target, target + bytes);
}

function resultOf({ memory, places, size }: Work): Uint8Array {
  return memory.slice(places.target, places.target + size);
}
