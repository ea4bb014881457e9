/** Which model a predictor has, and which one it should have. */
import type { PredictorIdentity } from '../context/predictor-report.ts';

/** Name and version that this project's server says on its answers, `price/1.0`; and the digest of the model. */
const MODEL_HEADER = 'x-marserve-model';
const DIGEST_HEADER = 'x-marserve-model-digest';
/** What a model without a file of its own has. */
const NO_DIGEST = 'no digest';

/** @param headers of an answer @returns undefined for those of a server that does not tell */
export function identityIn(headers: Readonly<Record<string, string>>): PredictorIdentity | undefined {
  const model = headers[MODEL_HEADER];
  if (model === undefined) return undefined;
  const slash = model.lastIndexOf('/');
  return toldIdentity({ name: model.slice(0, slash), version: model.slice(slash + 1), digest: headers[DIGEST_HEADER] });
}

/** The same as headers. */
export function headersOf(identity: PredictorIdentity): Record<string, string> {
  const { digest = NO_DIGEST } = identity;
  return { [MODEL_HEADER]: modelText(identity), [DIGEST_HEADER]: digest };
}

/** Of somebody who tells all that there is. */
export function toldIdentity({ digest = NO_DIGEST, ...key }: PredictorIdentity): PredictorIdentity {
  return { ...key, digest };
}

/** Of a server that tells all versions that it has: the one that is wanted, where it has that. */
export function identityAmong(
  versions: readonly string[],
  { name, version }: { readonly name: string; readonly version?: string | undefined },
): PredictorIdentity {
  if (versions.length === 0) return { name };
  return { name, version: version !== undefined && versions.includes(version) ? version : versions.join(', ') };
}

/** Whether anything is expected that can differ. */
export function isPinned({ version, digest }: PredictorIdentity): boolean {
  return version !== undefined || digest !== undefined;
}

/** What is not told may be right; a name is what the model is called there, and does not tell models apart. */
export function isAnother(expected: PredictorIdentity, found: PredictorIdentity): boolean {
  return differs(expected.version, found.version) || differs(expected.digest, found.digest);
}

function differs(expected: string | undefined, found: string | undefined): boolean {
  return expected !== undefined && found !== undefined && expected !== found;
}

/** `price/1.0 (sha256:…)`, as far as it is known. */
export function identityText(identity: PredictorIdentity): string {
  return `${modelText(identity)}${identity.digest === undefined ? '' : ` (${identity.digest})`}`;
}

/** `price/1.0`. */
export function modelText({ name = 'the model', version = 'any version' }: PredictorIdentity): string {
  return `${name}/${version}`;
}
