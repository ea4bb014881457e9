/** NumPy's file of one array (`numpy.save`): of numbers, of two dimensions, in C order. */

type Read = (view: DataView, at: number) => number;

/** Bytes of an element and how it is read, by NumPy's name of the type. */
const TYPES: Readonly<Record<string, readonly [size: number, read: Read]>> = {
  '<f4': [4, (view, at) => view.getFloat32(at, true)],
  '<f8': [8, (view, at) => view.getFloat64(at, true)],
  '<i4': [4, (view, at) => view.getInt32(at, true)],
  '<i8': [8, (view, at) => Number(view.getBigInt64(at, true))],
  '|i1': [1, (view, at) => view.getInt8(at)],
  '|u1': [1, (view, at) => view.getUint8(at)],
};

/** @throws Error for another kind of file, type or shape */
export function parseNpy(bytes: Uint8Array): number[][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < 12 || Buffer.from(bytes.subarray(1, 6)).toString('latin1') !== 'NUMPY')
    throw new Error('no file of numpy.save');
  const isLong = (bytes[6] ?? 1) > 1;
  const start = isLong ? 12 : 10;
  const end = start + (isLong ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = Buffer.from(bytes.subarray(start, end)).toString('latin1');
  const descr = /'descr': '([^']*)'/.exec(header)?.[1] ?? '?';
  const [rows = 0, columns = 0, ...others] = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? '')
    .split(',')
    .filter((text) => text.trim() !== '')
    .map(Number);
  const type = TYPES[descr];
  if (type === undefined) throw new Error(`expected an array of ${Object.keys(TYPES).join(', ')}, got ${descr}`);
  if (columns === 0 || others.length > 0 || /'fortran_order': True/.test(header)) {
    throw new Error(`expected an array of two dimensions in C order, got ${header.trim()}`);
  }
  const [size, read] = type;
  if (bytes.byteLength < end + size * rows * columns)
    throw new Error(`expected ${rows * columns} elements, the file is shorter`);
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => read(view, end + size * (row * columns + column))),
  );
}
