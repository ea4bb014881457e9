/** PredictResponse in the JSON of proto3: what is empty is left out. */
import type { Tensor } from '@marserve/handlers';
import { asBuffer } from '../as-buffer.ts';
import { isElements, type NamedTensor } from '../tensors/named-tensor.ts';
import { rawBytes } from './raw-bytes.ts';
import { ONNX_TYPES } from './tensor-types.ts';

/** @param isRaw whether elements are in `rawData`; texts never are */
export function writeJson(outputs: readonly NamedTensor[], isRaw: boolean): Buffer {
  const texts = outputs.map(({ name, content }) => `${JSON.stringify(name)}:${writeTensor(content, isRaw)}`);
  return Buffer.from(texts.length === 0 ? '{}' : `{"outputs":{${texts.join(',')}}}`);
}

function writeTensor(content: NamedTensor['content'], isRaw: boolean): string {
  const { number, field } = ONNX_TYPES[isElements(content) ? 'string' : content.type];
  const dims = content.shape.length === 0 ? '' : `"dims":[${content.shape.map((size) => `"${size}"`).join(',')}],`;
  const head = `{${dims}"dataType":${number}`;
  if (isElements(content)) return `${head}${listField(field.jsonName, content.elements.map(base64Text))}}`;
  const { data } = content;
  if (Array.isArray(data)) {
    return `${head}${listField(
      field.jsonName,
      data.map((text) => base64Text(Buffer.from(text))),
    )}}`;
  }
  if (isRaw) return `${head},"rawData":${base64Text(rawBytes(content))}}`;
  return `${head}${listField(field.jsonName, numberTexts(content))}}`;
}

function listField(name: string, texts: readonly string[]): string {
  return texts.length === 0 ? '' : `,"${name}":[${texts.join(',')}]`;
}

function base64Text(bytes: Uint8Array): string {
  return `"${asBuffer(bytes).toString('base64')}"`;
}

/** Integers of 64 bits are texts, and so is what JSON has no number for. */
function numberTexts({ type, data }: Tensor): string[] {
  const { kind } = ONNX_TYPES[type].field;
  const isText = kind === 'int64' || kind === 'uint64';
  return Array.from(data as ArrayLike<number | bigint>, (value) => {
    if (isText || (typeof value === 'number' && !Number.isFinite(value))) return `"${value}"`;
    return Object.is(value, -0) ? '-0.0' : String(value);
  });
}
