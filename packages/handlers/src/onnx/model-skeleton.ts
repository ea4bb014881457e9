/** Reads a model's file without its weights: what is left tells what is computed, and is small for the largest models. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

type Message = 'model' | 'graph' | 'node' | 'attribute' | 'tensor';

/** Where tensors are in a model: message → field number → message. */
const CHILDREN: Readonly<Record<Message, Readonly<Record<number, Message>>>> = {
  model: { 7: 'graph' },
  graph: { 1: 'node', 5: 'tensor' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph' },
  tensor: {},
};

/** The fields of a TensorProto that hold its elements. */
const ELEMENTS = new Set([4, 5, 6, 7, 9, 10, 11]);
/** Smaller fields are kept as they are: shapes among them. */
const KEPT_BYTES = 64 * 1024;
/** Longest tag and length of a field. */
const MAX_HEADER_BYTES = 20;

/**
 * The bytes of a ModelProto whose large tensors have no elements.
 * @throws Error for a file that is not there, or is not a message
 */
export function readSkeleton(path: string): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    const file = new FileWindow(fd);
    return withoutElements(file, 'model', { start: 0, end: fstatSync(fd).size });
  } finally {
    closeSync(fd);
  }
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function withoutElements(file: FileWindow, message: Message, { start, end }: Range): Uint8Array {
  const writer = new BinaryWriter();
  for (let position = start; position < end;) {
    const field = readField(file, position);
    if (field.end > end) throw new Error('a field is longer than the message that it is in');
    const child = CHILDREN[message][field.number];
    const isLarge = field.end - position > KEPT_BYTES;
    if (isLarge && child !== undefined)
      writer.tag(field.number, WireType.LengthDelimited).bytes(withoutElements(file, child, field));
    else if (!isLarge || message !== 'tensor' || !ELEMENTS.has(field.number))
      writer.raw(file.copy(position, field.end));
    position = field.end;
  }
  return writer.finish();
}

/** The number of the field at a position, and where its content is. */
function readField(file: FileWindow, position: number): Range & { readonly number: number } {
  const reader = new BinaryReader(file.view(position));
  const [number, wireType] = reader.tag();
  if (wireType === WireType.LengthDelimited) {
    const length = reader.uint32();
    return { number, start: position + reader.pos, end: position + reader.pos + length };
  }
  reader.skip(wireType, number);
  return { number, start: position, end: position + reader.pos };
}

/** A part of a file in memory, which moves on with what is read. */
class FileWindow {
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(4 * KEPT_BYTES);
  #start = 0;
  #length = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** The bytes from a position on, enough for the beginning of a field, until the next call. */
  view(position: number): Uint8Array {
    const offset = position - this.#start;
    if (offset < 0 || offset + MAX_HEADER_BYTES > this.#length) this.#move(position);
    return this.#buffer.subarray(position - this.#start, this.#length);
  }

  copy(start: number, end: number): Uint8Array {
    const offset = start - this.#start;
    if (offset >= 0 && end - this.#start <= this.#length)
      return new Uint8Array(this.#buffer.subarray(offset, end - this.#start));
    const bytes = Buffer.alloc(end - start);
    for (let done = 0; done < bytes.length;) {
      const read = readSync(this.#fd, bytes, done, bytes.length - done, start + done);
      if (read === 0) throw new Error('the file ends within a field');
      done += read;
    }
    return bytes;
  }

  #move(position: number): void {
    this.#start = position;
    this.#length = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, position);
  }
}
