/**
 * Takes ZipMap out of a model: scikit-learn's converters end a classifier with it, and what it makes (a sequence of maps)
 * onnxruntime-node cannot return. An Identity takes its place, and the labels it would have put on the columns are told.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { fieldsOf, lastField, stringField, textOf, type Field } from './fields.ts';

export type Labels = readonly (string | number)[];

/** A model without ZipMap. */
export interface Unzipped {
  readonly model: Uint8Array;
  /** The labels of the columns of each output that was a ZipMap's. */
  readonly labels: ReadonlyMap<string, Labels>;
}

const GRAPH = 7;
const NODE = 1;
const OUTPUT = 12;

/** The model with every ZipMap of its graph replaced; weights are copied as they are, never decoded. */
export function withoutZipMap(model: Uint8Array): Unzipped {
  const labels = new Map<string, Labels>();
  const graph = lastField(model, GRAPH)?.bytes ?? new Uint8Array();
  for (const { number, bytes } of fieldsOf(graph)) {
    if (number === NODE && bytes !== undefined && isZipMap(bytes))
      labels.set(stringField(bytes, 2), classLabels(bytes));
  }
  return {
    model: rewrite(model, (field) => (field.number === GRAPH ? rewriteGraph(field, labels) : undefined)),
    labels,
  };
}

function isZipMap(node: Uint8Array): boolean {
  return stringField(node, 4) === 'ZipMap' && stringField(node, 7) === 'ai.onnx.ml';
}

/** The attribute `classlabels_int64s` or `classlabels_strings`. */
function classLabels(node: Uint8Array): Labels {
  for (const { number, bytes } of fieldsOf(node)) {
    if (number !== 5 || bytes === undefined) continue;
    const name = stringField(bytes, 1);
    if (name === 'classlabels_int64s') return integers(bytes);
    if (name === 'classlabels_strings') return strings(bytes);
  }
  return [];
}

/** The `ints` of an attribute, packed or one by one. */
function integers(attribute: Uint8Array): number[] {
  const values: number[] = [];
  for (const { number, raw, bytes } of fieldsOf(attribute)) {
    if (number !== 8) continue;
    const reader = new BinaryReader(bytes ?? raw);
    if (bytes === undefined) reader.tag();
    while (reader.pos < reader.len) values.push(Number(reader.int64()));
  }
  return values;
}

function strings(attribute: Uint8Array): string[] {
  return [...fieldsOf(attribute)].filter(({ number }) => number === 9).map(({ bytes }) => textOf(bytes));
}

/** Copies a message; fields that `replace` answers are written anew. */
function rewrite(message: Uint8Array, replace: (field: Field) => Uint8Array | undefined): Uint8Array {
  const writer = new BinaryWriter();
  for (const field of fieldsOf(message)) {
    const replacement = replace(field);
    if (replacement === undefined) writer.raw(field.raw);
    else writer.tag(field.number, WireType.LengthDelimited).bytes(replacement);
  }
  return writer.finish();
}

function rewriteGraph({ bytes = new Uint8Array() }: Field, labels: ReadonlyMap<string, Labels>): Uint8Array {
  return rewrite(bytes, ({ number, bytes: nested = new Uint8Array() }) => {
    if (number === NODE && isZipMap(nested)) return identityNode(nested);
    const name = number === OUTPUT ? stringField(nested, 1) : '';
    const columns = labels.get(name);
    return columns === undefined ? undefined : floatMatrix(name, columns.length);
  });
}

function identityNode(zipMap: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  for (const { number, raw } of fieldsOf(zipMap)) if (number <= 3) writer.raw(raw);
  return writer.tag(4, WireType.LengthDelimited).string('Identity').finish();
}

/** The ValueInfoProto of float32 [?, columns]. */
function floatMatrix(name: string, columns: number): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).string(name);
  writer.tag(2, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).int32(1).tag(2, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).fork().join();
  writer.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.Varint).int64(columns).join();
  return writer.join().join().join().finish();
}
