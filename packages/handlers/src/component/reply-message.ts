/** What a component gave as the message that answers, in the form of the request (`construct_response_json` of seldon-core). */
import { HandlerError } from '../handler-error.ts';
import { isPlainObject } from '../model-config.ts';
import { isTensor } from '../tensor/tensor.ts';
import { tensorToJson, valueText } from '../tensor/tensor-json.ts';
import { numericShape } from './nested-lists.ts';
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
    ...payload(isTensor(value) ? tensorToJson(value) : value, request, facts),
    meta: metaOf(request.meta, facts),
  };
}

function payload(value: unknown, request: SeldonMessage, { names }: ReplyFacts): SeldonMessage {
  if (typeof value === 'string') return { strData: value };
  if (value instanceof Uint8Array) return { binData: Buffer.from(value).toString('base64') };
  if (ArrayBuffer.isView(value)) return payload(Array.from(value as unknown as ArrayLike<number>), request, { names });
  if (Array.isArray(value)) return { data: dataOf(value, request, names) };
  if (isPlainObject(value)) return { jsonData: value };
  throw new HandlerError(
    `the component returned ${valueText(value)}; expected lists, a tensor, a text, bytes or an object`,
  );
}

function dataOf(lists: readonly unknown[], request: SeldonMessage, names: ReplyFacts['names']): SeldonData {
  const columns = Array.isArray(lists[0]) ? (names ?? defaultNames(lists[0])) : [];
  const shape = numericShape(lists);
  const { data } = request;
  if (shape === undefined || (data !== undefined && data.tensor === undefined && data.tftensor === undefined)) {
    return { names: columns, ndarray: lists };
  }
  const values = lists.flat(Infinity) as number[];
  if (data?.tftensor !== undefined) return { names: columns, tftensor: tfTensorOf(values.map(Number), shape) };
  return { names: columns, tensor: { shape, values } };
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
