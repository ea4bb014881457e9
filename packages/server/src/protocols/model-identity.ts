/** Which model an answer is of, as its headers say: clients that must have a particular one read them. */
import type { JobAnswer } from '../core/jobs/job.ts';
import type { ReplyMeta } from './reply-meta.ts';
import type { PlainCall } from './rpc.ts';

/** A version of a model. */
export interface ModelIdentity {
  /** Name that it is registered under. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** `sha256:…` of the serialized model; undefined for one without a file of its own. */
  readonly digest?: string | undefined;
}

/** Its name and its version, `price/1.0`. */
export const MODEL_HEADER = 'x-marserve-model';
/** Its digest. */
export const DIGEST_HEADER = 'x-marserve-model-digest';

/** For answers of REST, and as metadata of gRPC. */
export function identityHeaders({ name, version, digest }: ModelIdentity): Readonly<Record<string, string>> {
  return { [MODEL_HEADER]: `${name}/${version}`, ...(digest !== undefined && { [DIGEST_HEADER]: digest }) };
}

/** Which arms the routers of a graph have chosen, `router=arm`. */
const ROUTE_HEADER = 'x-marserve-route';

/** What says where an answer is from, of all that a handler may have set. */
const ORIGIN_HEADERS = [MODEL_HEADER, DIGEST_HEADER, ROUTE_HEADER];

/** On the answer of a call of gRPC, those that a prediction has. */
export function passOrigin(answer: Pick<JobAnswer, 'meta'>, call: Pick<PlainCall, 'addReplyHeaders'>): void {
  call.addReplyHeaders(originOf((answer.meta as ReplyMeta).headers));
}

/** Those among what a handler has set. */
export function originOf(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const told = ORIGIN_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const]));
  return Object.fromEntries(told);
}
