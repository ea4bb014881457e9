/** PredictRequest, as the worker reads it: raw data stays where it is in the bytes that came. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { PredictionError } from '@marserve/handlers/prediction-error';
import { viewBytes } from '@marserve/handlers/tensor';
import { asBuffer } from '../as-buffer.ts';
import { badRequest } from '../bad-request.ts';
import { visitFields } from '@marserve/client/protobuf';
import { toRequest, type PredictRequest } from './predict-request.ts';
import type { TensorParts, TypedElements } from './tensor-parts.ts';
import { ELEMENT_FIELDS, type ElementField } from './tensor-types.ts';

/** @throws PredictionError 400 for what is no such request */
export function readMessage(message: Uint8Array): PredictRequest {
  try {
    const tensors = new Map<string, TensorParts>();
    const outputFilter: string[] = [];
    visitFields(message, (field, type, reader) => {
      if (type !== WireType.LengthDelimited) return;
      if (field === 2) readEntry(reader.bytes(), tensors);
      else if (field === 3) outputFilter.push(reader.string());
    });
    return toRequest(tensors, outputFilter);
  } catch (error) {
    if (error instanceof PredictionError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw badRequest(`The message is no PredictRequest: ${reason}`);
  }
}

/** Of a map: the last one of a name counts, as everywhere in protobuf. */
function readEntry(entry: Uint8Array, tensors: Map<string, TensorParts>): void {
  let name = '';
  let tensor: Uint8Array = new Uint8Array();
  visitFields(entry, (field, type, reader) => {
    if (type !== WireType.LengthDelimited) return;
    if (field === 1) name = reader.string();
    else if (field === 2) tensor = reader.bytes();
  });
  tensors.set(name, readTensor(tensor));
}

const FIELDS = new Map<number, ElementField>(Object.values(ELEMENT_FIELDS).map((field) => [field.number, field]));
const EXTERNAL = 1;

function readTensor(message: Uint8Array): TensorParts {
  const shape: (number | bigint)[] = [];
  const chunks = new Map<ElementField, Element[]>();
  let [dataType, isExternal] = [0, false];
  let raw: Buffer | undefined;
  visitFields(message, (field, type, reader) => {
    const elements = FIELDS.get(field);
    if (elements !== undefined) addElements(chunks, { field: elements, type, reader });
    else if (field === 1) readIntegers(shape, { kind: 'int64', type, reader });
    else if (field === 2 && type === WireType.Varint) dataType = reader.int32();
    else if (field === 9 && type === WireType.LengthDelimited) raw = asBuffer(reader.bytes());
    else if (field === 14 && type === WireType.Varint) isExternal = reader.int32() === EXTERNAL;
  });
  const typed = new Map([...chunks].map(([field, elements]) => [field, joined(field, elements)]));
  return { shape: shape.map(Number), dataType, isExternal, typed, ...(raw !== undefined && { raw }) };
}

/** Of `fixed` ones the bytes of one or several. */
type Element = number | bigint | Buffer;

interface Reading {
  readonly type: WireType;
  readonly reader: BinaryReader;
}

/** Packed or one by one. */
function addElements(
  chunks: Map<ElementField, Element[]>,
  { field, type, reader }: Reading & { readonly field: ElementField },
): void {
  const elements = chunks.get(field) ?? [];
  chunks.set(field, elements);
  const { kind } = field;
  if (kind !== 'fixed' && kind !== 'bytes') readIntegers(elements, { kind, type, reader });
  else if (type === WireType.LengthDelimited) elements.push(asBuffer(reader.bytes()));
  else if (kind === 'fixed') elements.push(asBuffer(reader.skip(type)));
  else throw new RangeError(`${field.name} has the wire type ${type}`);
}

const READ = {
  int32: (reader: BinaryReader) => reader.int32(),
  int64: (reader: BinaryReader) => BigInt(reader.int64()),
  uint64: (reader: BinaryReader) => BigInt(reader.uint64()),
} as const;

function readIntegers(
  integers: Element[],
  { kind, type, reader }: Reading & { readonly kind: keyof typeof READ },
): void {
  if (type === WireType.Varint) integers.push(READ[kind](reader));
  else if (type === WireType.LengthDelimited) {
    const packed = new BinaryReader(reader.bytes());
    while (packed.pos < packed.len) integers.push(READ[kind](packed));
  } else throw new RangeError(`integers have the wire type ${type}`);
}

function joined(field: ElementField, elements: readonly Element[]): TypedElements {
  if (field.kind !== 'fixed') return elements as TypedElements;
  const [only, ...others] = elements as readonly Buffer[];
  const bytes = only !== undefined && others.length === 0 ? only : Buffer.concat(elements as readonly Buffer[]);
  const [type, size] = field === ELEMENT_FIELDS.float ? (['float32', 4] as const) : (['float64', 8] as const);
  if (bytes.length % size !== 0) throw new RangeError(`${field.name} has ${bytes.length} bytes`);
  return viewBytes(type, bytes) as TypedElements;
}
