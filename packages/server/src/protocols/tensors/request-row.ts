/** A request's tensors as the one row that its handler gets. */
import { isUtf8 } from 'node:buffer';
import type { FieldValue, ModelSignature, Row, Tensor } from '@marserve/handlers';
import { tensorToJson } from '@marserve/handlers/tensor-json';
import { isElements, type ByteElements, type NamedTensor } from './named-tensor.ts';

/**
 * Each input is a field of its name, a tensor; BYTES that are not text are a Buffer, or a list of them. Beside it, where there is
 * one input alone, the field `data` has what a handler written for other protocols looks for: see `plainValue`. It is made when
 * it is asked for, and handlers that go through the names of the fields do not see it.
 */
export function requestRow(inputs: readonly NamedTensor[], { inputs: specs }: ModelSignature): Row {
  const [only, ...others] = inputs;
  const isOne = only !== undefined && others.length === 0 && only.name !== 'data' && only.name !== 'body';
  const row: Record<string, FieldValue> = isOne ? new OneInput(only.content) : {};
  for (const { name, content } of inputs) {
    const isPlain = (name === 'data' || name === 'body') && !specs.some((spec) => spec.name === name);
    define(row, name, isPlain ? plainValue(content) : fieldValue(content));
  }
  return row;
}

/** A row in whose prototype the field `data` is. */
class OneInput {
  [input: string]: FieldValue;
  readonly #content: NamedTensor['content'];
  #plain: { readonly value: FieldValue } | undefined;

  constructor(content: NamedTensor['content']) {
    this.#content = content;
  }

  get data(): FieldValue {
    return (this.#plain ??= { value: plainValue(this.#content) }).value;
  }
}

/** `__proto__` is a name as any other, and so is `data`. */
function define(row: Record<string, FieldValue>, name: string, value: FieldValue): void {
  if (name in row) Object.defineProperty(row, name, { value, enumerable: true, writable: true, configurable: true });
  else row[name] = value;
}

/** ONNX Runtime cuts texts at a NUL. */
function isText(element: Buffer): boolean {
  return isUtf8(element) && !element.includes(0);
}

function fieldValue(content: NamedTensor['content']): FieldValue {
  if (!isElements(content)) return content;
  const { shape, elements } = content;
  if (elements.every(isText)) {
    return { type: 'string', shape, data: elements.map((each) => each.toString('utf8')) } satisfies Tensor;
  }
  return elements.length === 1 ? elements[0] : elements;
}

/** The only element of BYTES as it is: a Buffer when it came as bytes, a text when it came as JSON. Anything else as nested lists. */
function plainValue(content: NamedTensor['content']): FieldValue {
  if (isElements(content)) return nestedElements(content);
  if (content.type === 'string' && content.data.length === 1) return content.data[0];
  return tensorToJson(content);
}

function nestedElements({ shape, elements }: ByteElements): FieldValue {
  if (elements.length === 1) return elements[0];
  const texts: Tensor = { type: 'string', shape, data: elements.map((each) => each.toString('utf8')) };
  return elements.every(isText) ? tensorToJson(texts) : elements;
}
