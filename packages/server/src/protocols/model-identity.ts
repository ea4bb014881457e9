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

/** Those of them that an answer has. */
function identityOf(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { [MODEL_HEADER]: model, [DIGEST_HEADER]: digest } = headers;
  if (model === undefined) return {};
  return { [MODEL_HEADER]: model, ...(digest !== undefined && { [DIGEST_HEADER]: digest }) };
}

/** On the answer of a call, those that a prediction has. */
export function passIdentity(answer: Pick<JobAnswer, 'meta'>, call: Pick<PlainCall, 'addReplyHeaders'>): void {
  call.addReplyHeaders(identityOf((answer.meta as ReplyMeta).headers));
}
