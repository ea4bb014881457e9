/** What is odd about the spec of a workflow, as a note on a file. */
import type { SpecNote } from '../spec.ts';

/**
 * @param warning of `WorkflowSpec`, which begins with file, line and column
 * @param file as the warning names it
 */
export function specNote(warning: string, file: string): SpecNote {
  const [place = '', line = '1'] = /^(\d+):\d+: /.exec(warning.slice(file.length + 1)) ?? [];
  return { file, line: Number(line), text: warning.slice(file.length + 1 + place.length) };
}
