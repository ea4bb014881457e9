/** What a component gave as the message that answers, in the form of the request (`construct_response_json` of seldon-core). */
import { HandlerError } from '../handler-error.ts';
import { isPlainObject } from '../model-config.ts';
import { isTensor, type Tensor } from '../tensor/tensor.ts';
import { valueText } from '../tensor/tensor-json.ts';
import { elementsOf } from './elements.ts';
import { nestedLists, numericShape } from './nested-lists.ts';
import type { SeldonData, SeldonMessage, SeldonMeta, SeldonMetric } from './seldon-message.ts';
import { tfTensorOf } from './tf-tensor.ts';

/** What an answer says beside its payload. */
export interface ReplyFacts {
  /** Names of the columns where the answer has two axes and more; default `t:0`, `t:1` … */
  readonly names?: readonly string[] | undefined;
  /** Added to those of the request, which give way. */
  readonly tags?: Readonly<Record<string, unknown>> | undefined;
  /** Added to those of the request. */
  readonly metrics?: readonly SeldonMetric[] | undefined;
  /** The component and its image. */
  readonly requestPath?: Readonly<Record<string, string>> | undefined;
}

/**
 * A text is `strData`, bytes `binData`, lists and tensors `data`, in the form that the request's has where they are numbers (`tensor` where the
 * request had no data); an object is `jsonData`.
 * @throws HandlerError for anything else
 */
export function replyMessage(value: unknown, request: SeldonMessage, facts: ReplyFacts): SeldonMessage {
  return {
    ...payload(value, request, facts),
    meta: metaOf(request.meta, facts),
  };
}

function payload(value: unknown, request: SeldonMessage, { names }: ReplyFacts): SeldonMessage {
  if (typeof value === 'string') return { strData: value };
  if (value instanceof Uint8Array) return { binData: Buffer.from(value).toString('base64') };
  if (ArrayBuffer.isView(value)) return payload(Array.from(value as unknown as ArrayLike<number>), request, { names });
  if (Array.isArray(value)) return { data: dataOf(fromLists(value), request, names) };
  if (isTensor(value)) return { data: dataOf(fromTensor(value), request, names) };
  // An Any is told by its type.
  if (isPlainObject(value)) return typeof value['@type'] === 'string' ? { customData: value } : { jsonData: value };
  throw new HandlerError(
    `the component returned ${valueText(value)}; expected lists, a tensor, a text, bytes or an object`,
  );
}

/** The same in all forms; those of numbers alone are undefined for anything else. */
interface Forms {
  readonly lists: readonly unknown[];
  readonly numbers?: {
    readonly tensor: () => NonNullable<SeldonData['tensor']>;
    readonly tftensor: () => NonNullable<SeldonData['tftensor']>;
  };
}

/** Numbers are float64, as most are in Python. */
function fromLists(lists: readonly unknown[]): Forms {
  const shape = numericShape(lists);
  if (shape === undefined) return { lists };
  const values = () => lists.flat(Infinity) as number[];
  const data = () => Float64Array.from(values(), Number);
  return {
    lists,
    numbers: {
      tensor: () => ({ shape, values: values() }),
      tftensor: () => tfTensorOf({ type: 'float64', shape, data: data() }),
    },
  };
}

function fromTensor(tensor: Tensor): Forms {
  const { type, shape } = tensor;
  const values = elementsOf(tensor);
  const lists = nestedLists(values, shape);
  if (type === 'bool' || type === 'string') return { lists };
  return {
    lists,
    numbers: { tensor: () => ({ shape, values: values as number[] }), tftensor: () => tfTensorOf(tensor) },
  };
}

function dataOf({ lists, numbers }: Forms, { data }: SeldonMessage, given: ReplyFacts['names']): SeldonData {
  const names = Array.isArray(lists[0]) ? (given ?? defaultNames(lists[0])) : [];
  const isNdarray = data !== undefined && data.tensor === undefined && data.tftensor === undefined;
  if (numbers === undefined || isNdarray) return { names, ndarray: lists };
  return data?.tftensor === undefined ? { names, tensor: numbers.tensor() } : { names, tftensor: numbers.tftensor() };
}

function defaultNames(row: readonly unknown[]): string[] {
  return row.map((_, index) => `t:${index}`);
}

function metaOf(of: SeldonMeta = {}, { tags, metrics = [], requestPath }: ReplyFacts): SeldonMeta {
  const all = { ...of.tags, ...tags };
  const measured = [...(of.metrics ?? []), ...metrics];
  const path = { ...requestPath, ...of.requestPath };
  return {
    ...(Object.keys(all).length > 0 && { tags: all }),
    ...(measured.length > 0 && { metrics: measured }),
    ...(of.puid !== undefined && of.puid !== '' && { puid: of.puid }),
    ...(Object.keys(path).length > 0 && { requestPath: path }),
  };
}
