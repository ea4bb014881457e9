/** From inputs as nested lists to a row, and from its result to outputs as nested lists; runs in the worker. */
import type { Tensor, TensorSpec } from '@marserve/handlers';
import { parseJson, stringifyJson } from '@marserve/handlers/json';
import { nestedShape, nestedTensor, tensorToJson } from '@marserve/handlers/tensor-json';
import { badRequest, shown } from '../bad-request.ts';
import { mergeOverrides, type Codec, type EncodedInput } from '../codec.ts';
import { decodeText } from '../decode-text.ts';
import { isRecord } from '../is-record.ts';
import type { ReplyMeta } from '../reply-meta.ts';
import { isElements, type NamedTensor } from '../tensors/named-tensor.ts';
import { requestRow } from '../tensors/request-row.ts';
import { resultTensors } from '../tensors/result-tensors.ts';
import { countOf } from '../tensors/shape.ts';
import { withoutContentType } from '../without-content-type.ts';

/** Takes the body as the only input; what the model does not take is left out, as in the original. */
export const kibaeCodec: Codec = {
  decode({ headers, inputs: [body] }, { signature }) {
    const value = readBody(body);
    const { inputs: specs } = signature;
    const tensors = specs.map((spec) => ({ name: spec.name, content: toTensor(value[spec.name], spec) }));
    return {
      rows: [specs.length === 0 ? { ...value } : requestRow(tensors, signature)],
      keepsTensors: true,
      headers: () => withoutContentType(headers),
    };
  },
  encode({ results, overrides }, { signature }) {
    const { headers, status, reason } = mergeOverrides(overrides);
    const meta: ReplyMeta = {
      contentType: 'application/json',
      headers,
      ...(status !== undefined && { status, reason }),
    };
    return { meta, body: Buffer.from(stringifyJson(outputsOf(resultTensors(results[0], signature)))) };
  },
};

function readBody(body: EncodedInput | undefined): Readonly<Record<string, unknown>> {
  const value = body === undefined ? undefined : parsed(body);
  if (isRecord(value)) return value;
  throw badRequest(`The request: expected a JSON object with the inputs by their names, got ${shown(value)}`);
}

function parsed({ charset, bytes }: EncodedInput): unknown {
  try {
    return parseJson(charset === undefined ? bytes : decodeText(bytes, charset));
  } catch (error) {
    throw badRequest(`The body is not JSON: ${(error as Error).message}`);
  }
}

/** Lists that are not nested as the model has it are flattened, and the first size that is open is what is left. */
function toTensor(value: unknown, spec: TensorSpec): Tensor {
  if (!Array.isArray(value)) throw badRequest(`Input "${spec.name}": expected a list, got ${shown(value)}`);
  const nested = nestedShape(value);
  const sizes = spec.shape.map((size) => (typeof size === 'string' ? -1 : size));
  const fits = nested.length === sizes.length && sizes.every((size, axis) => size < 0 || size === nested[axis]);
  if (fits) return nestedTensor(value, spec, nested);
  const flat = flattened(value, spec);
  const shape = openedShape(sizes, flat.length);
  if (countOf(shape) === flat.length) return { ...nestedTensor(flat, spec, [flat.length]), shape };
  const expected = `[${sizes.join(', ')}]`;
  throw badRequest(`Input "${spec.name}": expected lists of the shape ${expected}, got ${flat.length} values`);
}

/** @throws PredictionError 400 for lists that are nested deeper than can be gone through */
function flattened(value: readonly unknown[], { name }: TensorSpec): unknown[] {
  try {
    return value.flat(Infinity);
  } catch {
    throw badRequest(`Input "${name}": expected lists that are nested as the model has them`);
  }
}

/** Of several open sizes those behind the first are 1. */
function openedShape(sizes: readonly number[], count: number): number[] {
  const known = sizes.reduce((product, size) => (size < 0 ? product : product * size), 1);
  const open = sizes.findIndex((size) => size < 0);
  return sizes.map((size, axis) => (size >= 0 ? size : axis === open && known > 0 ? Math.floor(count / known) : 1));
}

function outputsOf(outputs: readonly NamedTensor[]): Record<string, unknown> {
  return Object.fromEntries(outputs.map(({ name, content }) => [name, listsOf(content)]));
}

/** A scalar is a list of one. */
function listsOf(content: NamedTensor['content']): unknown {
  if (isElements(content)) return content.elements.map((bytes) => bytes.toString('utf8'));
  return content.shape.length === 0 ? [tensorToJson(content)] : tensorToJson(content);
}
