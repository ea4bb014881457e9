/** A node of a graph (NodeProto): an operator, what it takes and what it makes; attributes are decoded when asked for. */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { bigintsField, bytesFields, Constant, floatsField, integersField } from './constant.ts';
import { fieldsOf, integerField, lastField, stringField, textOf } from './fields.ts';

/** Field numbers of AttributeProto. */
const FIELD = { f: 2, i: 3, s: 4, t: 5, g: 6, floats: 7, ints: 8, strings: 9, graphs: 11, reference: 21 } as const;

/** One NodeProto. */
export class GraphNode {
  /** Such as `MatMul`. */
  readonly op: string;
  /** Empty for ONNX's own operators (also where the file says `ai.onnx`); else `ai.onnx.ml`, `com.microsoft` … */
  readonly domain: string;
  /** What the exporter called the node; may be empty. */
  readonly name: string;
  /** Names of values; empty for an optional one that is left out. */
  readonly inputs: readonly string[];
  /** Names of values; empty for an optional one that nobody wants. */
  readonly outputs: readonly string[];
  readonly #attributes: readonly Uint8Array[];

  /** @param message the bytes of a NodeProto; those of its attributes are kept, not copied */
  constructor(message: Uint8Array) {
    const inputs: string[] = [];
    const outputs: string[] = [];
    const attributes: Uint8Array[] = [];
    const texts = ['', '', '', '', '', '', '', ''];
    for (const { number, bytes } of fieldsOf(message)) {
      if (bytes === undefined) continue;
      if (number === 1) inputs.push(textOf(bytes));
      else if (number === 2) outputs.push(textOf(bytes));
      else if (number === 5) attributes.push(bytes);
      else if (number < texts.length) texts[number] = textOf(bytes);
    }
    const [, , , name = '', op = '', , , domain = ''] = texts;
    this.name = name;
    this.op = op;
    this.domain = plainDomain(domain);
    this.inputs = inputs;
    this.outputs = outputs;
    this.#attributes = attributes;
  }

  /** Whether the attribute is there. */
  has(name: string): boolean {
    return this.#attribute(name) !== undefined;
  }

  /** An integer attribute. */
  int(name: string, missing: number): number;
  int(name: string): number | undefined;
  int(name: string, missing?: number): number | undefined {
    const attribute = this.#attribute(name);
    return attribute === undefined ? missing : integerField(attribute, FIELD.i);
  }

  /** An attribute that is a list of integers. */
  ints(name: string): number[] | undefined {
    const attribute = this.#attribute(name);
    return attribute && integersField(attribute, FIELD.ints);
  }

  /** An attribute that is a list of integers, exact. */
  bigints(name: string): bigint[] | undefined {
    const attribute = this.#attribute(name);
    return attribute && bigintsField(attribute, FIELD.ints);
  }

  /** A float attribute. */
  float(name: string): number | undefined {
    const attribute = this.#attribute(name);
    const raw = attribute && lastField(attribute, FIELD.f)?.raw;
    if (raw === undefined) return undefined;
    const reader = new BinaryReader(raw);
    reader.tag();
    return reader.float();
  }

  /** An attribute that is a list of floats. */
  floats(name: string): number[] | undefined {
    const attribute = this.#attribute(name);
    return attribute && floatsField(attribute, [FIELD.floats, 'float']);
  }

  /** A text attribute. */
  string(name: string): string | undefined {
    const attribute = this.#attribute(name);
    return attribute && stringField(attribute, FIELD.s);
  }

  /** An attribute that is a list of texts. */
  strings(name: string): string[] | undefined {
    const attribute = this.#attribute(name);
    return attribute && bytesFields(attribute, FIELD.strings).map(textOf);
  }

  /** An attribute that is a constant. */
  constant(name: string): Constant | undefined {
    const attribute = this.#attribute(name);
    const tensor = attribute && lastField(attribute, FIELD.t)?.bytes;
    return tensor && new Constant(tensor);
  }

  /** The bytes (GraphProto) of an attribute that is a graph, such as a branch of an If. */
  subgraph(name: string): Uint8Array | undefined {
    const attribute = this.#attribute(name);
    return attribute && lastField(attribute, FIELD.g)?.bytes;
  }

  /** The bytes (GraphProto) of the graphs inside of the node, such as the branches of an If; `readGraph` reads them. */
  subgraphs(): Uint8Array[] {
    return this.#attributes.flatMap((attribute) => [
      ...bytesFields(attribute, FIELD.g),
      ...bytesFields(attribute, FIELD.graphs),
    ]);
  }

  /** Whether an attribute takes its value from the function that the node is in. */
  get hasReferences(): boolean {
    return this.#attributes.some((attribute) => lastField(attribute, FIELD.reference) !== undefined);
  }

  #attribute(name: string): Uint8Array | undefined {
    return this.#attributes.find((attribute) => firstText(attribute) === name);
  }
}

/** `ai.onnx` is the long name of ONNX's own operators. */
export function plainDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** The name of an attribute comes first: what lies behind it may be a forest's worth of numbers. */
function firstText(attribute: Uint8Array): string {
  for (const { number, bytes } of fieldsOf(attribute)) if (number === 1) return textOf(bytes);
  return '';
}
