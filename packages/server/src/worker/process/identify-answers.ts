/** Says on every answer of a worker which model it is of. */
import { isRecord } from '../../protocols/is-record.ts';
import { identityHeaders, type ModelIdentity } from '../../protocols/model-identity.ts';

/** Adds to the facts beside an answer. */
export type IdentifyAnswer = (meta: unknown) => unknown;

/** What a handler says of its model under the same names does not count. */
export function createIdentify(identity: ModelIdentity): IdentifyAnswer {
  const headers = identityHeaders(identity);
  let last: { readonly meta: unknown; readonly identified: unknown } | undefined;
  return (meta) => {
    // Plain answers share one object, so that the wire says it once.
    if (last === undefined || meta !== last.meta) last = { meta, identified: identify(meta, headers) };
    return last.identified;
  };
}

function identify(meta: unknown, headers: Readonly<Record<string, string>>): unknown {
  return isRecord(meta) && isRecord(meta.headers) ? { ...meta, headers: { ...meta.headers, ...headers } } : meta;
}
