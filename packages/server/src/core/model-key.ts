/** The identity of one registered thing. */
import { ServeError } from './errors.ts';

/** Name and version. */
export interface ModelKey {
  readonly name: string;
  readonly version: string;
}

/** What a model may be called; TorchServe's rule, and the archive format's. */
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_\-.]*$/;

/** @throws ServeError `invalid_argument` for a name that no model may have */
export function assertModelName(name: string): void {
  if (NAME_PATTERN.test(name)) return;
  throw new ServeError(
    'invalid_argument',
    `A model cannot be called "${name}": the name must match ${NAME_PATTERN.source}`,
  );
}
