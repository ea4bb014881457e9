/** Requests in a service envelope (torchserve.md 4.7): what another protocol has as a body, in the field `data` or `body`. */
import { PredictionError } from '@marserve/handlers/prediction-error';
import type { Row } from '@marserve/handlers';
import {
  FORM_INPUT,
  type Codec,
  type CodecModel,
  type DecodedRequest,
  type EncodedInput,
  type EncodedRequest,
} from '../codec.ts';
import { withoutContentType } from '../without-content-type.ts';
import { decodeUrlencoded } from '../decode-urlencoded.ts';

/** What the answer to a request in an envelope is written with. */
export class Enveloped {
  /** Of the protocol whose form the envelope is. */
  readonly codec: Codec;
  /** What its `decode` gave. */
  readonly reply: unknown;

  constructor(codec: Codec, reply: unknown) {
    this.codec = codec;
    this.reply = reply;
  }
}

/** @throws PredictionError 400 for a request without the field, and for what the envelope's codec refuses */
export function decodeEnveloped(
  request: EncodedRequest,
  { name, codec }: { readonly name: string; readonly codec: Codec },
  model: CodecModel,
): DecodedRequest {
  // Its answers have `predictions` for explanations, too.
  const operation = name === 'json' ? 'predict' : request.operation;
  const headers = withoutContentType(request.headers);
  const decoded = codec.decode({ operation, headers, inputs: [bodyOf(request.inputs)] }, model);
  return { headers: () => headers, ...decoded, reply: new Enveloped(codec, decoded.reply) };
}

/** The row of the envelope `body`: nothing but the field that TorchServe looks for. */
export function onlyBody(row: Row): Row {
  return { body: row.data ?? row.body };
}

/** As JSON, whatever it is said to be: TorchServe parses bytes. */
function bodyOf(inputs: readonly EncodedInput[]): EncodedInput {
  const [only, ...others] = inputs;
  const isForm = only?.name === FORM_INPUT && others.length === 0 && !isObject(only.bytes);
  const fields = isForm ? urlencodedFields(only) : inputs;
  const field = fieldOf(fields, 'data') ?? fieldOf(fields, 'body') ?? fieldOf(fields, FORM_INPUT);
  if (field === undefined) throw new PredictionError('Expected a JSON body, or one in the field "data" or "body"', 400);
  return { ...field, name: 'body', contentType: 'application/json' };
}

function fieldOf(fields: readonly EncodedInput[], wanted: string): EncodedInput | undefined {
  return fields.find(({ name, bytes }) => name === wanted && bytes.length > 0);
}

/** As `curl -d '{…}'` sends it, under the name of a form. */
function isObject(bytes: Buffer): boolean {
  return /^\s*\{/.test(bytes.toString('latin1', 0, 100));
}

function urlencodedFields({ bytes, charset }: EncodedInput): EncodedInput[] {
  return decodeUrlencoded(bytes, charset).map(([name, value]) => ({
    name,
    contentType: '',
    bytes: Buffer.from(value),
  }));
}
