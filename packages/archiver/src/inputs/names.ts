/** Looks at the names that an archive gets. */
import { MODEL_NAME_PATTERN, modelNameProblem } from '../format/manifest.ts';
import { PackagingError } from '../packaging-error.ts';

/** @param kind of what it is the name @throws PackagingError in TorchServe's words where it has a word for it */
export function assertArchiveName(kind: 'model' | 'workflow', name: string): void {
  if (!MODEL_NAME_PATTERN.test(name)) {
    const rule = `The allowed regular expression filter for ${kind} name is: ${MODEL_NAME_PATTERN.source}`;
    const title = kind === 'model' ? 'Model' : 'Workflow';
    throw new PackagingError('invalid_option', `${title} name contains special characters.\n${rule}`);
  }
  assertName(`name (--${kind}-name)`, modelNameProblem(name));
}

/** @param subject what it names, for the message @throws PackagingError where there is a problem */
export function assertName(subject: string, problem: string | undefined): void {
  if (problem !== undefined) throw new PackagingError('invalid_option', `The ${subject} cannot be used: ${problem}.`);
}
