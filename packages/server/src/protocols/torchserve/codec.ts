/** TorchServe's way from a request to a row and from a result to a body; runs in the worker. */
import { fieldsFromJsonBytes, tensorFromJsonBytes } from '@marserve/handlers/tensor-json';
import type { Row } from '@marserve/handlers';
import { FORM_INPUT, mergeOverrides, type Codec, type CodecModel, type EncodedInput } from '../codec.ts';
import { fieldRow } from '../field-row.ts';
import { plainEncoded } from '../plain-encoded.ts';
import { decodeEnveloped, Enveloped, onlyBody } from './envelope.ts';

/** One row a request, or those that its envelope makes; what a handler returns is the body, or JSON of it. */
export const torchserveCodec: Codec = {
  decode(request, model) {
    const { envelope } = model;
    if (envelope === undefined || request.operation === 'describe')
      return { rows: [tensorRow(request.inputs, model) ?? fieldRow(request.inputs)] };
    const { name, codec } = envelope;
    if (codec === undefined) return { rows: [onlyBody(fieldRow(request.inputs))] };
    return decodeEnveloped(request, { name, codec }, model);
  },
  encode({ results, overrides, reply }, model) {
    if (reply instanceof Enveloped) return reply.codec.encode({ results, overrides, reply: reply.reply }, model);
    return plainEncoded(results[0], mergeOverrides(overrides));
  },
  encodePart({ value, overrides }) {
    const { meta, body } = plainEncoded(value, overrides);
    return { meta: { ...meta, headers: { ...meta.headers, ts_stream_next: 'true' } }, body };
  },
};

/** Undefined where the body is not just numbers, as most are, and no object with lists of them. */
function tensorRow([only, ...others]: readonly EncodedInput[], { tensorInputs = [] }: CodecModel): Row | undefined {
  const [input, ...more] = tensorInputs;
  if (input === undefined || only === undefined || others.length > 0 || only.name === FORM_INPUT) return undefined;
  if (only.contentType !== 'application/json' || only.charset !== undefined) return undefined;
  const tensor = more.length === 0 ? tensorFromJsonBytes(only.bytes, input) : undefined;
  if (tensor !== undefined) return { [input.name]: tensor };
  const fields = fieldsFromJsonBytes(only.bytes, tensorInputs);
  return fields && { [only.name]: fields };
}
