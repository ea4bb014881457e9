/** A request to a route of the handler's own as a row, and a result as the body of its answer; runs in the worker. */
import { mergeOverrides, type Codec, type EncodedInput } from '../codec.ts';
import { fieldRow } from '../field-row.ts';
import { plainEncoded } from '../plain-encoded.ts';
import type { RoutedRequest } from './routed-request.ts';

/** One row a request; what the handler returns is the body, or JSON of it. */
export const handlerRoutesCodec: Codec = {
  decode({ headers, inputs }) {
    const { query, ...routed } = JSON.parse(headers.at(-1) ?? '') as RoutedRequest;
    const own = headers.slice(0, -2);
    return {
      rows: [isBodyless(inputs) ? {} : fieldRow(inputs)],
      route: { ...routed, query: new URLSearchParams(query) },
      headers: () => own,
    };
  },
  encode: ({ results, overrides }) => plainEncoded(results[0], mergeOverrides(overrides)),
  encodePart: ({ value, overrides }) => plainEncoded(value, overrides),
};

function isBodyless([only, ...others]: readonly EncodedInput[]): boolean {
  return only === undefined || (others.length === 0 && only.bytes.length === 0 && only.contentType === '');
}
