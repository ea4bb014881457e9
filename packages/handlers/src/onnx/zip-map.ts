/**
 * Takes ZipMap and SequenceConstruct out of a model: scikit-learn's converters end classifiers with them, and what they make
 * (sequences) onnxruntime-node cannot return. An Identity takes the place of a ZipMap, and the labels it would have put on the
 * columns are told; the tensors of a sequence become outputs of the model.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { fieldsOf, lastField, stringField, type Field } from './fields.ts';
import { GraphNode } from './graph-node.ts';

/** Integers beyond 2^53 are strings of digits: signatures are written as JSON. */
export type Labels = readonly (string | number)[];

/** A model without ZipMap and SequenceConstruct. */
export interface Unzipped {
  /** The changed ModelProto. */
  readonly model: Uint8Array;
  /** The outputs that were a ZipMap's. */
  readonly unzipped: ReadonlySet<string>;
  /** The outputs that were sequences. */
  readonly sequences: ReadonlySet<string>;
  /** The labels of the columns of each output that was a ZipMap's. */
  readonly labels: ReadonlyMap<string, Labels>;
}

const GRAPH = 7;
const NODE = 1;
const OUTPUT = 12;

/** The model with every ZipMap of its graph replaced; weights are copied as they are, never decoded. */
export function withoutZipMap(model: Uint8Array): Unzipped {
  const graph = lastField(model, GRAPH)?.bytes ?? new Uint8Array();
  const labels = new Map<string, Labels>();
  const unzipped = new Set<string>();
  const sequences = new Map<string, readonly string[]>();
  for (const { number, bytes } of fieldsOf(graph)) {
    if (number !== NODE || bytes === undefined) continue;
    if (isZipMap(bytes)) {
      unzipped.add(stringField(bytes, 2));
      const columns = classLabels(new GraphNode(bytes));
      if (columns.length > 0) labels.set(stringField(bytes, 2), columns);
    } else if (isSequence(bytes)) sequences.set(stringField(bytes, 2), new GraphNode(bytes).inputs);
  }
  const changes = { labels, unzipped, sequences };
  return {
    model: rewrite(model, (field) => (field.number === GRAPH ? [rewriteGraph(field, changes)] : undefined)),
    unzipped,
    sequences: new Set(sequences.keys()),
    labels,
  };
}

function isZipMap(node: Uint8Array): boolean {
  return stringField(node, 4) === 'ZipMap' && stringField(node, 7) === 'ai.onnx.ml';
}

function isSequence(node: Uint8Array): boolean {
  return stringField(node, 4) === 'SequenceConstruct';
}

function classLabels(zipMap: GraphNode): Labels {
  return zipMap.strings('classlabels_strings') ?? zipMap.bigints('classlabels_int64s')?.map(shortestLabel) ?? [];
}

function shortestLabel(label: bigint): string | number {
  return Number.isSafeInteger(Number(label)) ? Number(label) : String(label);
}

/** Copies a message; fields that `replace` answers are written anew, as often as it says. */
function rewrite(message: Uint8Array, replace: (field: Field) => readonly Uint8Array[] | undefined): Uint8Array {
  const writer = new BinaryWriter();
  for (const field of fieldsOf(message)) {
    const replacements = replace(field);
    if (replacements === undefined) writer.raw(field.raw);
    else for (const bytes of replacements) writer.tag(field.number, WireType.LengthDelimited).bytes(bytes);
  }
  return writer.finish();
}

interface Changes {
  readonly labels: ReadonlyMap<string, Labels>;
  readonly unzipped: ReadonlySet<string>;
  readonly sequences: ReadonlyMap<string, readonly string[]>;
}

function rewriteGraph({ bytes = new Uint8Array() }: Field, { labels, unzipped, sequences }: Changes): Uint8Array {
  return rewrite(bytes, ({ number, bytes: nested = new Uint8Array() }) => {
    if (number === NODE && isZipMap(nested)) return [identityNode(nested)];
    if (number !== OUTPUT) return undefined;
    const name = stringField(nested, 1);
    if (unzipped.has(name)) return [floats(name, labels.get(name)?.length)];
    return sequences.get(name)?.map((part) => floats(part, undefined));
  });
}

function identityNode(zipMap: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  for (const { number, raw } of fieldsOf(zipMap)) if (number <= 3) writer.raw(raw);
  return writer.tag(4, WireType.LengthDelimited).string('Identity').finish();
}

/** The ValueInfoProto of float32 [?, columns]; without columns, of a shape that ONNX Runtime finds out. */
function floats(name: string, columns: number | undefined): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).string(name);
  writer.tag(2, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).int32(1);
  if (columns === undefined) return writer.join().join().finish();
  writer.tag(2, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).fork().join();
  writer.tag(1, WireType.LengthDelimited).fork().tag(1, WireType.Varint).int64(columns).join();
  return writer.join().join().join().finish();
}
