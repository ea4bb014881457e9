/** The identity of one registered thing. */
import { ServeError } from './errors.ts';

/** Name and version. */
export interface ModelKey {
  /** Matches `NAME_PATTERN`; case matters. */
  readonly name: string;
  /** Matches `VERSION_PATTERN`; compared as text, `1` is not `1.0`. */
  readonly version: string;
}

/** What a model may be called; TorchServe's rule, and the archive format's. */
export const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_\-.]*$/;
/** What a version may be called; the archive format's rule. */
export const VERSION_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_\-.+]*$/;
/** Stands for all models in `load_models`, and for all versions in paths; in any case of letters. */
const ALL = 'all';

/** @throws ServeError `invalid_argument` for a name or a version that no model may have */
export function assertModelKey({ name, version }: ModelKey): void {
  const problem = problemOf(name, NAME_PATTERN);
  if (problem !== undefined) throw new ServeError('invalid_argument', `A model cannot be called "${name}": ${problem}`);
  const versionProblem = problemOf(version, VERSION_PATTERN);
  if (versionProblem === undefined) return;
  const subject = `A version of model "${name}" cannot be called "${version}"`;
  throw new ServeError('invalid_argument', `${subject}: ${versionProblem}`);
}

function problemOf(name: string, pattern: RegExp): string | undefined {
  if (name.toLowerCase() === ALL) return `"${ALL}" stands for all of them`;
  return pattern.test(name) ? undefined : `it must match ${pattern.source}`;
}
