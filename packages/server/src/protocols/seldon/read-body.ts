/** The JSON of a request, in the forms in which Seldon's wrapper takes it (`flask_utils.py`). */
import { parseJson } from '@marserve/handlers/json';
import { badRequest } from '../bad-request.ts';
import { FORM_INPUT, type EncodedInput } from '../codec.ts';
import { decodeText } from '../decode-text.ts';
import { decodeUrlencoded } from '../decode-urlencoded.ts';

/** A body of JSON, the field `json` of a form, or the fields of a message as those of a multipart form. @throws PredictionError 400 for none of these */
export function readBody(inputs: readonly EncodedInput[]): unknown {
  const [only, ...others] = inputs;
  if (only === undefined) throw badRequest("Can't find JSON in data");
  if (others.length === 0 && only.name === FORM_INPUT) return readForm(only);
  if (others.length === 0 && only.name === 'body') return json(textOf(only), 'the body');
  const whole = inputs.find(({ name }) => name === 'json');
  return whole === undefined ? messageOf(inputs) : json(textOf(whole), 'the field json');
}

/** curl says of any body that it is a form. */
function readForm(input: EncodedInput): unknown {
  const text = textOf(input);
  if (/^\s*[[{]/.test(text)) return json(text, 'the body');
  const field = decodeUrlencoded(input.bytes, input.charset).find(([name]) => name === 'json');
  if (field === undefined)
    throw badRequest("Can't find JSON in data: expected a body of JSON, or a form with the field json");
  return json(field[1], 'the field json');
}

function messageOf(fields: readonly EncodedInput[]): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field.name, valueOf(field)]));
}

function valueOf(field: EncodedInput): unknown {
  if (field.name === 'binData') return field.bytes.toString('base64');
  return field.name === 'strData' ? textOf(field) : json(textOf(field), `the field ${field.name}`);
}

function textOf({ bytes, charset }: EncodedInput): string {
  return decodeText(bytes, charset);
}

function json(text: string, what: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw badRequest(`Can't find JSON in data: ${what}: ${(error as Error).message}`);
  }
}
