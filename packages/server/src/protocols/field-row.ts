/** A row of a request's fields, for handlers that take those; runs in the worker. */
import { parseJson } from '@marserve/handlers/json';
import type { FieldValue, Row } from '@marserve/handlers';
import { FORM_INPUT, type EncodedInput } from './codec.ts';
import { assertUtf8, decodeText } from './decode-text.ts';
import { decodeUrlencoded } from './decode-urlencoded.ts';

/** @param inputs the fields of a form, or all of a body as the only one @throws PredictionError for a form that is none */
export function fieldRow(inputs: readonly EncodedInput[]): Row {
  const [only, ...others] = inputs;
  if (only?.name === FORM_INPUT) return toRow(decodeUrlencoded(only.bytes, only.charset));
  if (only !== undefined && others.length === 0) return { [only.name]: decodeField(only) };
  return toRow(inputs.map((input) => [input.name, decodeField(input)]));
}

/** A field that comes several times is the list of its values. */
function toRow(fields: readonly (readonly [name: string, value: FieldValue])[]): Row {
  const values = new Map<string, FieldValue[]>();
  for (const [name, value] of fields) {
    const sameName = values.get(name);
    if (sameName === undefined) values.set(name, [value]);
    else sameName.push(value);
  }
  return Object.fromEntries([...values].map(([name, list]) => [name, list.length === 1 ? list[0] : list]));
}

/** JSON that does not parse stays bytes, as in TorchServe, for the handler to judge. */
function decodeField({ contentType, charset, bytes }: EncodedInput): FieldValue {
  if (contentType.startsWith('text')) return decodeText(bytes, charset);
  if (contentType !== 'application/json') return bytes;
  const json = charset === undefined ? bytes : decodeText(bytes, charset);
  try {
    return parseJson(json);
  } catch {
    if (charset === undefined) assertUtf8(bytes);
    return bytes;
  }
}
